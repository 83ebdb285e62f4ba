foreach(name xalloc buf str arena parse utf8 sort ini clock zone err log)
  unit(${name} base)
endforeach()
# The same questions where the locale knows no Unicode.
if(TARGET test_utf8)
  add_test(NAME unit.utf8_c_locale COMMAND test_utf8)
  set_tests_properties(unit.utf8_c_locale PROPERTIES ENVIRONMENT "TEST_LOCALE=C")
endif()
