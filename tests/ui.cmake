foreach(name canvas theme glyph term_choice)
  unit(${name} ui)
endforeach()

# Below: the console drawn without a terminal, from fixtures (tests/data/*.fixture) through the real record types.
if(NOT TARGET aurora_ui OR NOT TARGET aurora_db OR NOT TARGET aurora_aws)
  return()
endif()

add_library(ui_fixture STATIC ui/fixture.c ui/fixture_words.c ${PROJECT_SOURCE_DIR}/src/registry.c)
target_include_directories(ui_fixture PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(ui_fixture PUBLIC aurora_ui aurora_aws aurora_db PRIVATE project_options)
target_compile_definitions(ui_fixture PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")

# A test program over the fixture: its sources, then it is registered under the given name.
function(ui_test test)
  add_executable(${ARGN})
  list(GET ARGN 0 program)
  target_link_libraries(${program} PRIVATE ui_fixture project_options PkgConfig::CMOCKA)
  target_compile_definitions(${program} PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data"
                             GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden" SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${test} COMMAND ${program})
endfunction()

ui_test(ui.golden test_golden ui/test_golden.c)
ui_test(ui.shown test_shown ui/test_shown.c)
ui_test(prop.layout prop_layout prop/prop_layout.c)
ui_test(prop.ui prop_ui prop/prop_ui.c)
set_tests_properties(prop.ui PROPERTIES TIMEOUT 600)
foreach(name layout table ui palette action graph registry)
  ui_test(unit.${name} test_${name} unit/test_${name}.c)
endforeach()
ui_test(unit.cli test_cli unit/test_cli.c ${PROJECT_SOURCE_DIR}/src/cli.c)
if(TARGET auroratop)
  ui_test(unit.once test_once unit/test_once.c)
  target_link_libraries(test_once PRIVATE PkgConfig::JANSSON)
  target_compile_definitions(test_once PRIVATE AURORATOP="$<TARGET_FILE:auroratop>")
  add_dependencies(test_once auroratop)
endif()

add_executable(ui_dump ui/ui_dump.c)
target_link_libraries(ui_dump PRIVATE ui_fixture project_options)
