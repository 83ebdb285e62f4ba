# terminfo_embed(OUT): generates the C file with our terminal descriptions, terminfo_files[].
find_program(TIC tic REQUIRED)
find_program(INFOCMP infocmp REQUIRED)
set(TERMINFO_FOLDER ${CMAKE_CURRENT_LIST_DIR})

function(terminfo_embed out)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/terminfo)
  set(entries auroratop-tmux-direct auroratop-xterm-256color auroratop-xterm-direct)
  set(files "")
  foreach(entry IN LISTS entries)
    list(APPEND files ${dir}/${entry}.b64)
  endforeach()
  add_custom_command(OUTPUT ${files}
    COMMAND ${CMAKE_COMMAND} -DTIC=${TIC} -DINFOCMP=${INFOCMP} -DDIR=${dir} -DSOURCE=${TERMINFO_FOLDER}/auroratop.ti
            "-DENTRIES=${entries}" -P ${TERMINFO_FOLDER}/b64.cmake
    DEPENDS ${TERMINFO_FOLDER}/auroratop.ti ${TERMINFO_FOLDER}/b64.cmake VERBATIM)
  embed(${out} terminfo ${files})
endfunction()
