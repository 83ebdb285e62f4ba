# AWS: signatures, credentials, endpoints, the HTTP client and the sources built on it.
function(aws_unit name)
  unit(${name} aws)
  if(TARGET test_${name})
    target_include_directories(test_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_sources(test_${name} PRIVATE ${ARGN})
  endif()
endfunction()

set(loopback ${CMAKE_CURRENT_SOURCE_DIR}/aws/loopback.c)
set(fake_fetch ${CMAKE_CURRENT_SOURCE_DIR}/aws/fake_fetch.c)

foreach(name sigv4 sigv4_suite aws_form aws_creds aws_endpoint aws_error aws_tags aws_lease_mark)
  aws_unit(${name})
endforeach()
aws_unit(aws_http ${loopback})
foreach(name aws_retry aws_json aws_db_password aws_sources aws_posture aws_metrics aws_logs aws_log_files aws_insights)
  aws_unit(${name} ${loopback} ${fake_fetch})
endforeach()

aws_unit(public_address ${loopback})

if(TARGET test_sigv4_suite)
  set_tests_properties(unit.sigv4_suite PROPERTIES SKIP_RETURN_CODE 77)
endif()
if(TARGET aurora_aws AND EXISTS /usr/bin/python3)
  add_executable(sign_tool aws/sign_tool.c)
  target_include_directories(sign_tool PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(sign_tool PRIVATE aurora_aws project_options)
  add_test(NAME aws.botocore COMMAND /usr/bin/python3 -W ignore ${CMAKE_CURRENT_SOURCE_DIR}/aws/botocore_compare.py
    $<TARGET_FILE:sign_tool>)
  set_tests_properties(aws.botocore PROPERTIES SKIP_RETURN_CODE 77)
endif()
