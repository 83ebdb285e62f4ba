# The real program in an emulated terminal, in calm and in trouble. Groups that need a database skip with status 77.
if(NOT TARGET vt OR NOT TARGET test_pg OR NOT TARGET auroratop OR NOT TARGET auroratop-sim)
  return()
endif()

add_executable(test_console e2e/test_console.c e2e/console.c)
target_link_libraries(test_console PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
foreach(group start live keys storm db aws)
  add_test(NAME e2e.console.${group}
           COMMAND test_console $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-sim> ${group})
  set_tests_properties(e2e.console.${group} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()
# One live session under ThreadSanitizer too.
set_tests_properties(e2e.console.live PROPERTIES LABELS tsan)

add_executable(test_load e2e/test_load.c e2e/console.c)
target_link_libraries(test_load PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
foreach(group db insights)
  add_test(NAME e2e.load.${group} COMMAND test_load $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-sim> ${group})
  set_tests_properties(e2e.load.${group} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()
# Trouble that ends by itself. The library is a name service to order, preloaded into the console.
add_library(e2e_names MODULE e2e/names.c)
target_link_libraries(e2e_names PRIVATE ${CMAKE_DL_LIBS})
add_executable(test_recovery e2e/test_recovery.c e2e/console.c)
target_link_libraries(test_recovery PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
foreach(group db aws)
  add_test(NAME e2e.recovery.${group}
           COMMAND test_recovery $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-sim> $<TARGET_FILE:e2e_names> ${group})
  set_tests_properties(e2e.recovery.${group} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()

# Both halves together.
add_executable(test_together e2e/test_together.c e2e/console.c)
target_link_libraries(test_together PRIVATE vt test_pg project_options PkgConfig::CMOCKA PkgConfig::JANSSON)
foreach(group views clusters failover once)
  add_test(NAME e2e.together.${group}
           COMMAND test_together $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-sim> $<TARGET_FILE:e2e_names> ${group})
  set_tests_properties(e2e.together.${group} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()

# From a victim to its root.
add_executable(test_locks_e2e e2e/test_locks_e2e.c e2e/console.c)
target_link_libraries(test_locks_e2e PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
add_test(NAME e2e.locks COMMAND test_locks_e2e $<TARGET_FILE:auroratop>)
set_tests_properties(e2e.locks PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
add_executable(test_e2e_statements e2e/test_statements.c e2e/console.c)
target_link_libraries(test_e2e_statements PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
add_test(NAME e2e.statements COMMAND test_e2e_statements $<TARGET_FILE:auroratop>)
set_tests_properties(e2e.statements PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
add_executable(test_explain_console e2e/test_explain.c e2e/console.c)
target_link_libraries(test_explain_console PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
add_test(NAME e2e.explain COMMAND test_explain_console $<TARGET_FILE:auroratop>)
set_tests_properties(e2e.explain PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS tsan)

# What the server writes into its log.
add_executable(test_logs_e2e e2e/test_logs_e2e.c e2e/console.c)
target_link_libraries(test_logs_e2e PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
add_test(NAME e2e.logs COMMAND test_logs_e2e $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-sim>)
set_tests_properties(e2e.logs PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)

# Names and statements that try to spoil the screen.
add_executable(test_hostile e2e/test_hostile.c e2e/console.c)
target_link_libraries(test_hostile PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
add_test(NAME e2e.hostile COMMAND test_hostile $<TARGET_FILE:auroratop>)
set_tests_properties(e2e.hostile PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)

# From a cold start on the demo's workload to five answers.
add_executable(test_answers e2e/test_answers.c e2e/console.c)
target_link_libraries(test_answers PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
add_test(NAME e2e.answers COMMAND test_answers $<TARGET_FILE:auroratop>)
set_tests_properties(e2e.answers PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 400)

# The thread that draws waits for nobody.
find_program(PYTHON3_E2E python3 PATHS /usr/bin NO_DEFAULT_PATH)
add_test(NAME e2e.ui_thread COMMAND ${PYTHON3_E2E} ${CMAKE_CURRENT_SOURCE_DIR}/e2e/ui_thread_test.py $<TARGET_FILE:auroratop>)
set_tests_properties(e2e.ui_thread PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
