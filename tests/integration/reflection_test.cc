// gRPC's standard reflection: what it tells, and whom.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>

#include <optional>
#include <set>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

using grpc::reflection::v1alpha::ServerReflection,
    grpc::reflection::v1alpha::ServerReflectionRequest,
    grpc::reflection::v1alpha::ServerReflectionResponse;

void TurnOn(rpc::ServerSettings& settings) { settings.ports.reflection = true; }

// One call, in which several questions may be asked.
class Asking {
 public:
  Asking(const InProcessStack& stack, int server, const std::string& token)
      : stub_(ServerReflection::NewStub(Keys::Get().BuyerChannel(stack.address(server)))) {
    rpc::SetDeadline(context_, absl::Seconds(30));
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
    stream_ = stub_->ServerReflectionInfo(&context_);
  }

  // Nothing when there is no answer.
  std::optional<ServerReflectionResponse> Ask(const ServerReflectionRequest& request) {
    ServerReflectionResponse response;
    if (!stream_->Write(request) || !stream_->Read(&response)) return std::nullopt;
    return response;
  }
  grpc::Status End() {
    stream_->WritesDone();
    return stream_->Finish();
  }

 private:
  const std::unique_ptr<ServerReflection::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ServerReflectionRequest, ServerReflectionResponse>>
      stream_;
};

ServerReflectionRequest List() {
  ServerReflectionRequest request;
  request.set_list_services("*");
  return request;
}

ServerReflectionRequest Symbol(const std::string& name) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol(name);
  return request;
}

std::string ReasonOf(const grpc::Status& status) {
  return GetErrorDetail(rpc::FromGrpc(status)).reason;
}

TEST_CASE("reflection: an operator is told the services and their messages in one call") {
  const InProcessStack stack(nullptr, TurnOn);
  Asking asking(stack, 1, Keys::Get().Token("operator:olga"));
  const auto services = asking.Ask(List());
  REQUIRE(services.has_value());
  std::set<std::string> names;
  for (const auto& service : services->list_services_response().service()) {
    names.insert(service.name());
  }
  REQUIRE(names ==
          std::set<std::string>{"tallystick.v1.PaymentService", "tallystick.v1.PaymentOperations",
                                "tallystick.v1.ChangeFeed", "tallystick.v1.ServerOperations",
                                "grpc.reflection.v1alpha.ServerReflection"});
  // What comes is enough to build the service from.
  const auto files = asking.Ask(Symbol("tallystick.v1.PaymentOperations"));
  REQUIRE(files.has_value());
  google::protobuf::SimpleDescriptorDatabase database;
  for (const std::string& bytes : files->file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto proto;
    REQUIRE(proto.ParseFromString(bytes));
    database.Add(proto);
  }
  google::protobuf::DescriptorPool pool(&database);
  const auto* service = pool.FindServiceByName("tallystick.v1.PaymentOperations");
  REQUIRE(service != nullptr);
  REQUIRE(service->FindMethodByName("RecordTransaction") != nullptr);
  // What is stored is nobody's business, and what peers say not that of this port.
  for (const char* hidden :
       {"tallystick.record.v1.PaymentRecord", "tallystick.v1.TradeRecovery", "no.such.Thing"}) {
    CAPTURE(hidden);
    const auto answer = asking.Ask(Symbol(hidden));
    REQUIRE(answer.has_value());
    REQUIRE(answer->error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  }
  REQUIRE(asking.Ask({})->error_response().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  REQUIRE(asking.End().ok());
}

TEST_CASE("reflection: whoever is no operator is refused") {
  const InProcessStack stack(nullptr, TurnOn);
  for (const int server : {0, 1, 2}) {
    Asking nobody(stack, server, "");
    REQUIRE_FALSE(nobody.Ask(List()).has_value());
    REQUIRE(ReasonOf(nobody.End()) == "TOKEN_MISSING");
    Asking buyer(stack, server, Keys::Get().Token("alice"));
    REQUIRE_FALSE(buyer.Ask(List()).has_value());
    REQUIRE(ReasonOf(buyer.End()) == "OPERATOR_ONLY");
  }
}

TEST_CASE("reflection: there is none without the setting") {
  const InProcessStack stack;
  Asking asking(stack, 0, Keys::Get().Token("operator:olga"));
  REQUIRE_FALSE(asking.Ask(List()).has_value());
  REQUIRE(ReasonOf(asking.End()) == "METHOD_UNKNOWN");
}

}  // namespace
}  // namespace tallystick::testing
