# The terminal, tested through a pty and an emulator; also the picture maker.
pkg_check_modules(VTERM IMPORTED_TARGET vterm)
if(NOT VTERM_FOUND OR NOT TARGET aurora_ui)
  return()
endif()

add_library(vt STATIC term/vt.c term/vt_svg.c)
target_include_directories(vt PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/term)
target_link_libraries(vt PUBLIC aurora_base PkgConfig::VTERM util PRIVATE project_options)

add_executable(vtshot tools/vtshot.c)
target_link_libraries(vtshot PRIVATE vt project_options)

add_executable(term_demo term/term_demo.c)
target_link_libraries(term_demo PRIVATE aurora_ui project_options)

add_executable(test_term term/test_term.c)
target_link_libraries(test_term PRIVATE vt aurora_ui project_options PkgConfig::CMOCKA)
add_test(NAME term.term COMMAND test_term $<TARGET_FILE:term_demo>)

add_executable(test_term_draw term/test_term_draw.c)
target_link_libraries(test_term_draw PRIVATE aurora_ui project_options PkgConfig::CMOCKA PkgConfig::VTERM)
add_test(NAME term.draw COMMAND test_term_draw)
