# The warning list of the project; accepted by gcc 12 and clang 14.
add_library(project_options INTERFACE)
target_compile_options(project_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2 -Wundef -Wcast-qual
  -Wcast-align -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wvla -Wswitch-enum -Wimplicit-fallthrough -Wdouble-promotion
  -Wnull-dereference -Wdate-time -fno-common -fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(project_options INTERFACE
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init -Walloca)
else()
  target_compile_options(project_options INTERFACE
    -Wcomma -Wextra-semi-stmt -Wunreachable-code -Wconditional-uninitialized)
endif()
target_compile_definitions(project_options INTERFACE _GNU_SOURCE)
if(AURORATOP_WERROR)
  target_compile_options(project_options INTERFACE -Werror)
endif()
if(AURORATOP_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${AURORATOP_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(project_options INTERFACE -fsanitize=${AURORATOP_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(project_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT AURORATOP_SANITIZE MATCHES "thread")
  target_compile_definitions(project_options INTERFACE ARENA_PROTECT)
endif()
