# vcache_embed_text(<source> FROM <text> HEADER <header> FUNCTION <name>)
# Makes a C++ source that defines `std::string_view vcache::<name>() noexcept`, declared by <header>: the text
# as it stands in the file when the program is built. No file is needed when the program runs.
function(vcache_embed_text source)
  cmake_parse_arguments(arg "" "FROM;HEADER;FUNCTION" "" ${ARGN})
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -D TEXT=${arg_FROM} -D SOURCE=${source} -D HEADER=${arg_HEADER} -D FUNCTION=${arg_FUNCTION}
      -P ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake
    DEPENDS ${arg_FROM} ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake
    VERBATIM)
  # A change of the text compiles this file alone.
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${TEXT}" content)
  file(WRITE "${SOURCE}" "#include \"${HEADER}\"

std::string_view vcache::${FUNCTION}() noexcept {
  return R\"embedded(${content})embedded\";
}
")
endif()
