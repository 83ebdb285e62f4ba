# Compiles SOURCE with TIC into DIR and writes DIR/ENTRY.b64 for each of ENTRIES.
file(MAKE_DIRECTORY ${DIR})
execute_process(COMMAND ${TIC} -x -o ${DIR}/db ${SOURCE} RESULT_VARIABLE failed ERROR_VARIABLE message)
if(failed)
  message(FATAL_ERROR "tic cannot compile ${SOURCE}: ${message}")
endif()
foreach(entry IN LISTS ENTRIES)
  execute_process(COMMAND ${INFOCMP} -A ${DIR}/db -x -Q2 -q -0 ${entry}
                  OUTPUT_VARIABLE text RESULT_VARIABLE failed ERROR_VARIABLE message OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed OR NOT text MATCHES "^b64:[A-Za-z0-9_+/=-]+$")
    message(FATAL_ERROR "infocmp cannot print ${entry}: ${message} ${text}")
  endif()
  file(WRITE ${DIR}/${entry}.b64 "${text}")
endforeach()
