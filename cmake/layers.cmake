# One static library per layer. LAYER(name dir deps...) compiles every .c directly in dir;
# what a layer may include is what it links (and tests/gates checks the includes too).
function(layer name dir)
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
  if(NOT sources)
    message(STATUS "layer ${name}: no sources yet")
    return()
  endif()
  add_library(aurora_${name} STATIC ${sources})
  target_include_directories(aurora_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src/core ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(aurora_${name} PUBLIC ${ARGN} PRIVATE project_options)
  target_compile_options(aurora_${name} PRIVATE -include ${PROJECT_SOURCE_DIR}/src/core/base/banned.h)
endfunction()

# embed(target out.c SYMBOL_PREFIX files...): generates a C file with the text of each file.
function(embed out prefix)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DPREFIX=${prefix} "-DFILES=${ARGN}" -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
endfunction()
