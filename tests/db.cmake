# The database layer: what is pure, and what needs a real PostgreSQL (skipped with status 77 where there is none).
foreach(name locks digraph forest lock_tag lock_wait sqlset resolve text_cache shape_cache sample_load conn_err rds_host site statement_deltas statement_texts)
  unit(${name} db)
endforeach()

if(TARGET aurora_db)
  add_library(test_pg STATIC db/pg_fixture.c db/driver.c db/asking.c db/fake_pooler.c)
  target_include_directories(test_pg PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/db)
  target_link_libraries(test_pg PUBLIC aurora_db PkgConfig::PQ PRIVATE project_options)
  add_library(test_operating STATIC db/operating.c)
  target_link_libraries(test_operating PUBLIC test_pg PkgConfig::CMOCKA PRIVATE project_options)
  foreach(name sessions stage lock_trees connect steady databases maintenance statements load explain server_log operate
               operate_server operate_targets operate_many operate_left operate_told storage doctor)
    add_executable(test_db_${name} db/test_${name}.c)
    if(name MATCHES operate)
      target_link_libraries(test_db_${name} PRIVATE test_operating)
    endif()
    target_link_libraries(test_db_${name} PRIVATE test_pg project_options PkgConfig::CMOCKA)
    add_test(NAME db.${name} COMMAND test_db_${name})
    set_tests_properties(db.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 180)
  endforeach()
endif()

# Logging in by what AWS knows: both layers and the simulator.
if(TARGET test_pg AND TARGET aurora_aws AND TARGET aurora_sim)
  add_executable(test_db_login db/test_login.c)
  target_link_libraries(test_db_login PRIVATE test_pg aurora_aws aurora_sim project_options PkgConfig::CMOCKA)
  add_test(NAME db.login COMMAND test_db_login)
  set_tests_properties(db.login PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 180)
endif()

# It waits for locks that do not come, and for a slow VACUUM.
if(TARGET test_db_operate_left)
  set_tests_properties(db.operate_left PROPERTIES TIMEOUT 300)
endif()

# An hour of samples and fifty reconnects without a line of ours in the server's log (safety.md 1).
if(TARGET test_db_steady)
  add_test(NAME db.steady_hour COMMAND test_db_steady)
  set_tests_properties(db.steady_hour PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900 ENVIRONMENT "AURORATOP_STEADY_LONG=1")
endif()

# The same on the other majors; what they send, and that nothing of it is an error there.
if(TARGET aurora_db)
  find_program(PYTHON3_DB python3 PATHS /usr/bin NO_DEFAULT_PATH)
  set(major_programs)
  foreach(name steady maintenance sessions stage explain lock_trees statements server_log databases load operate
               operate_server operate_targets operate_told storage)
    list(APPEND major_programs $<TARGET_FILE:test_db_${name}>)
  endforeach()
  # On the oldest one what the server answers and what is no error, not once more how the console goes about its changes;
  # 12, 14 and 16 differ least from their neighbours. ALL_MAJORS runs everything on each.
  option(ALL_MAJORS "Every database test on every major" OFF)
  set(brief_programs)
  foreach(name steady maintenance sessions explain statements databases)
    list(APPEND brief_programs $<TARGET_FILE:test_db_${name}>)
  endforeach()
  set(majors 11 13 17 18)
  if(ALL_MAJORS)
    list(APPEND majors 12 14 16)
  endif()
  foreach(major ${majors})
    set(programs ${major_programs})
    if(major EQUAL 11 AND NOT ALL_MAJORS)
      set(programs ${brief_programs} $<TARGET_FILE:test_db_operate_targets>)
    endif()
    add_test(NAME db.major.${major}
             COMMAND ${PYTHON3_DB} ${CMAKE_CURRENT_SOURCE_DIR}/db/majors.py ${major} ${programs})
    set_tests_properties(db.major.${major} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
  endforeach()
endif()
