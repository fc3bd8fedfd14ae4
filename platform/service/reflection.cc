#include "platform/service/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>
#include <utility>

#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace tallystick::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

constexpr char kReflection[] = "grpc.reflection.v1alpha.ServerReflection";

// A file, and whatever it imports, each once.
void Collect(const FileDescriptor* file, std::set<const FileDescriptor*>& files) {
  if (file == nullptr || !files.insert(file).second) return;
  for (int i = 0; i < file->dependency_count(); ++i) Collect(file->dependency(i), files);
}

// What is told.
struct Known {
  std::vector<std::string> services;
  std::set<const FileDescriptor*> files;
};

Known KnownOf(const std::vector<ServiceTable>& services) {
  Known known;
  for (const ServiceTable& service : services) known.services.push_back(service.name());
  known.services.emplace_back(kReflection);
  for (const std::string& name : known.services) {
    Collect(DescriptorPool::generated_pool()->FindFileContainingSymbol(name), known.files);
  }
  return known;
}

void PutError(absl::StatusCode code, const char* message, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(static_cast<int>(code));
  response.mutable_error_response()->set_error_message(message);
}

void PutFile(const Known& known, const FileDescriptor* file, ServerReflectionResponse& response) {
  if (file == nullptr || !known.files.contains(file)) {
    return PutError(absl::StatusCode::kNotFound, "there is no such thing here", response);
  }
  std::set<const FileDescriptor*> files;
  Collect(file, files);
  auto* answer = response.mutable_file_descriptor_response();
  const auto put = [answer](const FileDescriptor* one) {
    google::protobuf::FileDescriptorProto proto;
    one->CopyTo(&proto);
    proto.SerializeToString(answer->add_file_descriptor_proto());
  };
  put(file);  // first
  files.erase(file);
  for (const FileDescriptor* one : files) put(one);
}

void Answer(const Known& known, const ServerReflectionRequest& request,
            ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : known.services) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      return;
    case ServerReflectionRequest::kFileByFilename:
      return PutFile(known, pool.FindFileByName(request.file_by_filename()), response);
    case ServerReflectionRequest::kFileContainingSymbol:
      return PutFile(known, pool.FindFileContainingSymbol(request.file_containing_symbol()),
                     response);
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
    case ServerReflectionRequest::kFileContainingExtension:
      return PutError(absl::StatusCode::kNotFound, "there are no extensions here", response);
    default: return PutError(absl::StatusCode::kInvalidArgument, "ask for something", response);
  }
}

}  // namespace

ServiceTable ReflectionCalls(const std::vector<ServiceTable>& services) {
  ServiceTable table(kReflection);
  Method& method = table.AddImmediate<ServerReflectionRequest, ServerReflectionResponse>(
      "ServerReflectionInfo", ForOperators(),
      [known = KnownOf(services)](Call&, const ServerReflectionRequest& request,
                                  ServerReflectionResponse& response) {
        Answer(known, request, response);
        return absl::OkStatus();
      });
  method.many = true;
  return table;
}

}  // namespace tallystick::rpc
