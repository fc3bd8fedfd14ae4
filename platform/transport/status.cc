#include "platform/transport/status.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "platform/error/error.h"

namespace tallystick::rpc {
namespace {

// What gRPC says, with a code that means something else, when an answer came but could not be read.
// Taken at its word, an order that was accepted would count as refused.
constexpr char kUnreadableAnswer[] = "No message returned for unary request";

}  // namespace

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(std::string(status.message()));
  const ErrorDetail detail = GetErrorDetail(status);
  if (!detail.reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_reason(detail.reason);
    info.set_domain("tallystick");
    for (const auto& [key, value] : detail.values) (*info.mutable_metadata())[key] = value;
    // (PackFrom would give the values in another order each time.)
    google::protobuf::Any* any = proto.add_details();
    any->set_type_url(absl::StrCat("type.googleapis.com/", info.GetDescriptor()->full_name()));
    google::protobuf::io::StringOutputStream stream(any->mutable_value());
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    info.SerializeToCodedStream(&coded);
  }
  return proto;
}

absl::Status FromProto(const google::rpc::Status& proto) {
  const auto code = static_cast<absl::StatusCode>(proto.code());
  for (const auto& any : proto.details()) {
    google::rpc::ErrorInfo info;
    if (any.Is<google::rpc::ErrorInfo>() && any.UnpackTo(&info)) {
      return MakeError(code, info.reason(), proto.message(),
                       {info.metadata().begin(), info.metadata().end()});
    }
  }
  return absl::Status(code, proto.message());
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToProto(status).SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  if (status.error_code() == grpc::UNIMPLEMENTED && status.error_message() == kUnreadableAnswer) {
    return absl::InternalError("the answer cannot be read: it is not what this call answers with");
  }
  google::rpc::Status proto;
  if (!status.error_details().empty() && proto.ParseFromString(status.error_details()) &&
      proto.code() == status.error_code()) {
    return FromProto(proto);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace tallystick::rpc
