# Compiler settings of every target of ours, as one interface target; nothing is set globally.
set(VCACHE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them (address,undefined or thread)")
option(VCACHE_WERROR "Warnings are errors" OFF)

add_library(vcache_options INTERFACE)
target_compile_features(vcache_options INTERFACE cxx_std_20)
target_compile_options(vcache_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -fstack-protector-strong $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 12 on `"literal" + std::string` once that is inlined (GCC bug 105651).
  target_compile_options(vcache_options INTERFACE -Wno-restrict)
  if(NOT VCACHE_SANITIZE)
    # And on std::variant, which Result is made of, in optimised builds (GCC bug 105562's family).
    target_compile_options(vcache_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(CMAKE_UNITY_BUILD)
  # Says of a .cpp included into another that it is a header with an anonymous namespace.
  target_compile_options(vcache_options INTERFACE -Wno-subobject-linkage)
endif()
if(VCACHE_WERROR)
  target_compile_options(vcache_options INTERFACE -Werror)
endif()
if(VCACHE_SANITIZE)
  target_compile_options(vcache_options INTERFACE
    -fsanitize=${VCACHE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(vcache_options INTERFACE -fsanitize=${VCACHE_SANITIZE})
  # GCC 12 reports false positives of these two when sanitizers change the control flow.
  target_compile_options(vcache_options INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
endif()

# What test programs are compiled with besides, in all presets but dev. Assertions are most of their
# code: the optimiser and GCC's checks of each operation take more than half of their compile time,
# and the code that is to be optimised and checked is the libraries'.
add_library(vcache_test_options INTERFACE)
if(CMAKE_UNITY_BUILD)
  target_compile_options(vcache_test_options INTERFACE -O0 -U_FORTIFY_SOURCE)
endif()
if(VCACHE_SANITIZE MATCHES undefined)
  target_compile_options(vcache_test_options INTERFACE -fno-sanitize=undefined)
endif()

find_program(VCACHE_CCACHE ccache)
if(VCACHE_CCACHE)
  # Precompiled headers are cached only when it may take their file's word for what they contain.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${VCACHE_CCACHE})
endif()
