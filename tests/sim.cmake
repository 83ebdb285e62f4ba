foreach(name sim_sigv4 sim_params sim_state sim_scenario sim_ec2 sim_posture sim_metrics sim_logs)
  unit(${name} sim)
  if(TARGET test_${name})
    target_link_libraries(test_${name} PRIVATE PkgConfig::JANSSON)
  endif()
endforeach()

# Debian's python3-botocore and awscli, not others that may come first in PATH.
if(TARGET auroratop-sim)
  foreach(name wire cli write logs)
    add_test(NAME sim.${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/${name}_test.py)
    set_tests_properties(sim.${name} PROPERTIES TIMEOUT 600 ENVIRONMENT AURORATOP_SIM=$<TARGET_FILE:auroratop-sim>)
  endforeach()
endif()
if(TARGET auroratop AND TARGET auroratop-demo)
  add_test(NAME sim.compare COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/compare_test.py
           $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-demo>)
  set_tests_properties(sim.compare PROPERTIES TIMEOUT 600 RUN_SERIAL TRUE)
endif()
if(TARGET auroratop AND TARGET auroratop-sim)
  add_test(NAME sim.policy COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/policy_test.py $<TARGET_FILE:auroratop>
           $<TARGET_FILE:auroratop-sim> ${PROJECT_SOURCE_DIR}/README.md)
  set_tests_properties(sim.policy PROPERTIES TIMEOUT 600)
  add_test(NAME sim.trouble COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/trouble_test.py $<TARGET_FILE:auroratop>
           $<TARGET_FILE:auroratop-sim>)
  set_tests_properties(sim.trouble PROPERTIES TIMEOUT 300)
  add_test(NAME sim.fleet COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/fleet_test.py $<TARGET_FILE:auroratop>
           $<TARGET_FILE:auroratop-sim>)
  set_tests_properties(sim.fleet PROPERTIES TIMEOUT 300)
endif()
if(TARGET auroratop AND TARGET auroratop-demo)
  add_test(NAME sim.doctor COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/doctor_test.py
           $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-demo>)
  set_tests_properties(sim.doctor PROPERTIES TIMEOUT 300)
endif()
if(TARGET auroratop AND TARGET auroratop-demo)
  add_test(NAME sim.login COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/login_test.py
           $<TARGET_FILE:auroratop> $<TARGET_FILE:auroratop-demo>)
  set_tests_properties(sim.login PROPERTIES TIMEOUT 600)
endif()
if(TARGET auroratop AND TARGET auroratop-sim)
  add_test(NAME sim.pi COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/pi_test.py)
  set_tests_properties(sim.pi PROPERTIES TIMEOUT 600
    ENVIRONMENT "AURORATOP_SIM=$<TARGET_FILE:auroratop-sim>;AURORATOP=$<TARGET_FILE:auroratop>")
endif()
if(TARGET auroratop AND TARGET auroratop-sim)
  add_test(NAME sim.creds COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/creds_test.py)
  set_tests_properties(sim.creds PROPERTIES TIMEOUT 600
    ENVIRONMENT "AURORATOP_SIM=$<TARGET_FILE:auroratop-sim>;AURORATOP=$<TARGET_FILE:auroratop>")
endif()
if(TARGET auroratop AND TARGET auroratop-demo AND TARGET manual)
  add_test(NAME sim.install COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/install_test.py ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  set_tests_properties(sim.install PROPERTIES TIMEOUT 600)
endif()
