# What `cmake --install` lays down besides the programs: themes, the manual page, the licence; and cpack's DEB and TGZ.
install(DIRECTORY themes/ DESTINATION ${CMAKE_INSTALL_DATADIR}/auroratop/themes FILES_MATCHING PATTERN "*.ini")
install(FILES README.md CHANGELOG.md LICENSE man/config.example.ini DESTINATION ${CMAKE_INSTALL_DOCDIR})

find_program(SCDOC scdoc)
if(SCDOC AND TARGET auroratop)
  set(manual ${PROJECT_BINARY_DIR}/auroratop.1)
  add_executable(manual-source man/manual.c src/cli.c src/config_policy.c src/config_login.c)
  target_include_directories(manual-source PRIVATE src src/core)
  target_link_libraries(manual-source PRIVATE aurora_model project_options)
  add_custom_command(OUTPUT ${manual}
    COMMAND manual-source < ${PROJECT_SOURCE_DIR}/man/auroratop.1.scd > ${manual}.scd
    COMMAND ${SCDOC} < ${manual}.scd > ${manual}
    DEPENDS manual-source man/auroratop.1.scd src/ui/actions.def VERBATIM)
  add_custom_target(manual ALL DEPENDS ${manual})
  install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
elseif(NOT SCDOC)
  message(STATUS "scdoc not found: no manual page")
endif()

set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_CONTACT "the auroratop authors")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS postgresql)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Shows on one screen what the AWS control plane and the database itself know about
a cluster: status, load, sessions, locks, storage, snapshots and network rules.")
include(CPack)
