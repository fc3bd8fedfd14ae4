# The files of a room include the same headers and instantiate the same templates: compiled as a whole, they take a
# third to a half of the time. (So no two of them have the same name in their unnamed namespaces.)
function(tally_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${TALLYSTICK_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  if(TALLYSTICK_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC knows a file's own unnamed namespace only where that file is not included.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# tally_quick(<targets>…): optimized less, which takes a quarter off compiling; for what runs once and then waits for
# people and services.
function(tally_quick)
  foreach(target ${ARGN})
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endforeach()
endfunction()

# tally_room(<target> [GRPC] [DIR dir] LINK libraries…): a library of all .cc files of one folder.
function(tally_room target)
  cmake_parse_arguments(ARG "GRPC" "DIR" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${ARG_LINK})
    tally_unite(${target})
    if(ARG_GRPC)
      target_precompile_headers(${target} REUSE_FROM tally_grpc_headers)
    endif()
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${ARG_LINK})
  endif()
endfunction()

# tally_migrations(<target> <namespace> <dir>): the numbered .sql files of a folder as a constant in
# a generated header `<dir>.h` (e.g. services/payment/migrations.h).
function(tally_migrations target namespace)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
  list(SORT files)
  set(entries)
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    string(REGEX MATCH "^0*([1-9][0-9]*)_" _ ${name})
    set(version ${CMAKE_MATCH_1})
    file(READ ${file} sql)
    string(APPEND entries "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
  endforeach()
  file(RELATIVE_PATH here ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${here}/migrations.h @ONLY CONTENT
"// Generated from ${here}/migrations/*.sql.
#pragma once

#include \"platform/postgres/migrations.h\"

namespace tallystick::${namespace} {

inline constexpr postgres::Migration kMigrations[] = {
@entries@};

}  // namespace tallystick::${namespace}
")
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/generated)
endfunction()
