#include "platform/rpc/malformed_requests.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/error/error.h"
#include "platform/rpc/status.h"
#include "platform/runtime/log.h"

namespace tallystick::rpc {
namespace {

// Protobuf says which text is not UTF-8 only in its log. A request is read and answered on one
// thread, so that what was said last on it belongs to the request that cannot be read.
thread_local std::string bad_text_field;

void TakeProtobufLog(google::protobuf::LogLevel level, const char*, int,
                     const std::string& message) {
  // "String field 'tallystick.v1.PlaceOrderRequest.buyer_reference' contains invalid UTF-8 …"
  const std::vector<std::string> quoted = absl::StrSplit(message, '\'');
  if (quoted.size() >= 3 && message.find("invalid UTF-8") != std::string::npos) {
    bad_text_field = quoted[1].substr(quoted[1].rfind('.') + 1);
    return;
  }
  if (level >= google::protobuf::LOGLEVEL_WARNING) log::Warn("protobuf", {{"reason", message}});
}

absl::Status Malformed() {
  const std::string field = std::exchange(bad_text_field, "");
  if (field.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                     "the request is not the Protobuf message that this method takes");
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                   absl::StrCat(field, ": is not valid UTF-8"), {{"field", field}});
}

// `path` is "/package.Service/Method": a method that exists, of a service that is offered here.
bool IsOffered(const std::set<std::string>& services, const std::string& path) {
  std::string name = path.empty() ? path : path.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  return method != nullptr && services.contains(method->service()->full_name());
}

class Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(const std::set<std::string>& services, grpc::experimental::ServerRpcInfo* info)
      : services_(services), info_(info) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::PRE_SEND_STATUS) &&
        methods->GetSendStatus().error_code() == grpc::StatusCode::UNIMPLEMENTED &&
        IsOffered(services_, info_->method())) {
      methods->ModifySendStatus(ToGrpc(Malformed()));
    }
    methods->Proceed();
  }

 private:
  const std::set<std::string>& services_;
  grpc::experimental::ServerRpcInfo* info_;
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(std::set<std::string> services) : services_(std::move(services)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new Interceptor(services_, info);  // gRPC owns it
  }

 private:
  const std::set<std::string> services_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
MalformedRequestInterceptors(std::set<std::string> services) {
  static const auto installed = google::protobuf::SetLogHandler(&TakeProtobufLog);
  (void)installed;
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<Factory>(std::move(services)));
  return factories;
}

}  // namespace tallystick::rpc
