# Every request that our client sends in these tests is judged by botocore's service models when they have run.
# Not among them: sim.wire, whose requests are wrong on purpose; sim.cli and sim.compare judge theirs themselves.
set(requests ${CMAKE_CURRENT_BINARY_DIR}/requests)
file(MAKE_DIRECTORY ${requests})
get_property(all DIRECTORY PROPERTY TESTS)
set(senders ${all})
list(FILTER senders INCLUDE REGEX "^(e2e\\.|unit\\.once$|unit\\.aws_sources$|unit\\.aws_posture$|unit\\.aws_metrics$|unit\\.aws_db_password$)")
if(senders)
  foreach(name IN LISTS senders)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT AURORATOP_REQUESTS=${requests})
  endforeach()
  add_test(NAME sim.requests
           COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/sim/validate_requests.py ${requests} --take
                   --policy $<TARGET_FILE:auroratop>)
  set_tests_properties(sim.requests PROPERTIES DEPENDS "${senders}" SKIP_RETURN_CODE 77)
endif()
