# The real program in an emulated terminal, in calm and in trouble. What needs a database skips with status 77.
if(NOT TARGET vt OR NOT TARGET test_pg OR NOT TARGET auroratop OR NOT TARGET auroratop-sim)
  return()
endif()

# Name service to order, preloaded into the console.
add_library(e2e_names MODULE e2e/names.c)
target_link_libraries(e2e_names PRIVATE ${CMAKE_DL_LIBS})

# A program of e2e/FILE.c.
function(e2e_program file)
  add_executable(${file} e2e/${file}.c e2e/console.c)
  target_link_libraries(${file} PRIVATE vt test_pg project_options PkgConfig::CMOCKA PkgConfig::JANSSON)
endfunction()

# Test e2e.NAME: a command that begins with a program or script.
function(e2e name)
  add_test(NAME e2e.${name} COMMAND ${ARGN})
  set_tests_properties(e2e.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()

set(console $<TARGET_FILE:auroratop>)
set(sim $<TARGET_FILE:auroratop-sim>)
foreach(file test_console test_load test_recovery test_together test_locks_e2e test_e2e_statements test_explain_console
             test_region test_logs_e2e test_report_e2e test_hostile test_answers test_runbook test_changes test_aws_changes
             test_aws_leases test_demo_changes test_sign_on)
  e2e_program(${file})
endforeach()

foreach(group start live keys storm db aws)
  e2e(console.${group} test_console ${console} ${sim} ${group})
endforeach()
foreach(group db insights)
  e2e(load.${group} test_load ${console} ${sim} ${group})
endforeach()
# Trouble that ends by itself.
foreach(group db aws)
  e2e(recovery.${group} test_recovery ${console} ${sim} $<TARGET_FILE:e2e_names> ${group})
endforeach()
# Both halves together.
foreach(group views clusters failover once)
  e2e(together.${group} test_together ${console} ${sim} $<TARGET_FILE:e2e_names> ${group})
endforeach()
# Another region.
e2e(region test_region ${console} ${sim})
# An MFA code and a device sign-on.
e2e(sign_on test_sign_on ${console} ${sim})
# From a victim to its root.
e2e(locks test_locks_e2e ${console})
e2e(statements test_e2e_statements ${console})
e2e(explain test_explain_console ${console})
# What changes something, and what the audit log says of it.
e2e(aws_changes test_aws_changes ${console} ${sim})
set_tests_properties(e2e.aws_changes PROPERTIES TIMEOUT 600)
e2e(aws_leases test_aws_leases ${console} ${sim})
set_tests_properties(e2e.aws_leases PROPERTIES TIMEOUT 600)
e2e(changes test_changes ${console})
# What the server writes into its log.
e2e(logs test_logs_e2e ${console} ${sim})
# What a report says of an incident, the bell for it, and the clocks.
e2e(report test_report_e2e ${console})
# Names and statements that try to spoil the screen.
e2e(hostile test_hostile ${console})
# From a cold start on the demo's workload to five answers.
e2e(answers test_answers ${console})
set_tests_properties(e2e.answers PROPERTIES TIMEOUT 400)
# The runbook's four sections, by the console, by one command and by the AWS CLI.
e2e(runbook test_runbook ${console})
set_tests_properties(e2e.runbook PROPERTIES TIMEOUT 400)
# One session on the demo, from the first VACUUM to the audit log.
e2e(demo_changes test_demo_changes ${console})
set_tests_properties(e2e.demo_changes PROPERTIES TIMEOUT 400)
# The thread that draws waits for nobody.
find_program(PYTHON3_E2E python3 PATHS /usr/bin NO_DEFAULT_PATH)
e2e(ui_thread ${PYTHON3_E2E} ${CMAKE_CURRENT_SOURCE_DIR}/e2e/ui_thread_test.py ${console})
# Live sessions under ThreadSanitizer, too.
set_tests_properties(e2e.console.live e2e.explain PROPERTIES LABELS tsan)
