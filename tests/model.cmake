foreach(name kind format rec snapshot derive filter order series sqltext waits explainable plan sqlshape load_history policy growth
             relation_history admission slow_log logins)
  unit(${name} model)
endforeach()

# A row of a descriptor whose kind does not fit the C type must not compile; the same file with the
# right kind must, so that the first test cannot pass for another reason.
set(compile_field ${CMAKE_C_COMPILER} -std=c17 -D_GNU_SOURCE -fsyntax-only -I${PROJECT_SOURCE_DIR}/src/core)
foreach(kind K_INT K_COUNT K_TIME_US)
  add_test(NAME model.field_right_${kind}
           COMMAND ${compile_field} -DKIND=${kind} ${PROJECT_SOURCE_DIR}/tests/unit/compile_field.c)
endforeach()
foreach(kind K_TEXT K_SQL K_RATIO K_REAL)
  add_test(NAME model.field_wrong_${kind}
           COMMAND ${compile_field} -DKIND=${kind} ${PROJECT_SOURCE_DIR}/tests/unit/compile_field.c)
  set_tests_properties(model.field_wrong_${kind} PROPERTIES WILL_FAIL TRUE)
endforeach()
