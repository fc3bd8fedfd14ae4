# tally_protos(<target> FILES …): C++ messages of the given .proto files and gRPC stubs of
# those that have services, as one library.
function(tally_protos target)
  cmake_parse_arguments(ARG "" "" "FILES" ${ARGN})
  set(root ${CMAKE_CURRENT_SOURCE_DIR})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(file ${ARG_FILES})
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    set(made ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    set(grpc_arguments)
    if(stem MATCHES "^(tallystick/v1/(shopping|payment|delivery|recovery|server|changes)|grpc/(health/v1/health|reflection/v1alpha/reflection))$")
      list(APPEND made ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
      set(grpc_arguments --grpc_out=${out} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN})
    endif()
    add_custom_command(
      OUTPUT ${made}
      COMMAND protobuf::protoc --proto_path=${root} --cpp_out=${out} ${grpc_arguments} ${file}
      DEPENDS ${root}/${file} WORKING_DIRECTORY ${root} VERBATIM)
    list(APPEND sources ${made})
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC PkgConfig::grpcpp protobuf::libprotobuf)
  # The stubs as a whole; the messages one by one, since what is generated for them has the same names in each file.
  list(FILTER sources INCLUDE REGEX "\\.grpc\\.pb\\.cc$")
  set_source_files_properties(${sources} PROPERTIES UNITY_GROUP stubs)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${TALLYSTICK_UNITY} UNITY_BUILD_MODE GROUP)
  target_precompile_headers(${target} PRIVATE <grpcpp/grpcpp.h>)
endfunction()
