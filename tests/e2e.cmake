# The real program in an emulated terminal, in calm and in trouble. Groups that need a database skip with status 77.
if(NOT TARGET vt OR NOT TARGET test_pg OR NOT TARGET auroratop OR NOT TARGET auroratop-sim)
  return()
endif()

add_executable(test_console e2e/test_console.c e2e/console.c)
target_link_libraries(test_console PRIVATE vt test_pg project_options PkgConfig::CMOCKA)
foreach(group start live keys storm db aws answers)
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
