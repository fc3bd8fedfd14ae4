// Calls of any RPC, known only by its descriptor.
#pragma once

#include <google/protobuf/dynamic_message.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/error/error.h"
#include "platform/ids/uuid.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "tests/support/catch.h"

namespace tallystick::testing {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

inline std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const char* name : {"tallystick/v1/shopping.proto", "tallystick/v1/payment.proto",
                           "tallystick/v1/delivery.proto", "tallystick/v1/recovery.proto",
                           "tallystick/v1/server.proto", "tallystick/v1/changes.proto",
                           "grpc/health/v1/health.proto"}) {
    const auto* file = pool->FindFileByName(name);
    REQUIRE(file != nullptr);
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

inline std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  return std::unique_ptr<Message>(factory->GetPrototype(type)->New());
}

// What a text field is given so that the request makes sense.
inline std::string TextFor(const std::string& field, const std::string& trading_id) {
  if (field == "trading_id" || field == "trading_ids") return trading_id;
  if (field == "request_id") return NewUuidV7(absl::Now()).ToString();
  if (field == "sku" || field == "name") return "A";
  if (field == "shipment_id") return "1";
  if (field == "return_id") return "R1";
  if (field == "payment_method") return "pm_sandbox_ok";
  if (field == "delivery_option") return "standard";
  if (field == "currency_code") return "USD";
  if (field == "lines") return "Ann";
  return "";
}

// One element in every list, 1 in every number, the first real value in every enumeration.
inline void FillSensibly(Message& message, const std::string& trading_id, int depth = 0) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const std::string& name = field->name();
    // Times, totals and pages are the caller's choice; the last of a choice wins.
    if (name == "receive_time" || name == "expected_total" || name == "page_token" ||
        name == "page_size" || name == "service" || name == "after_revision") {
      continue;
    }
    const bool many = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text = TextFor(name, trading_id);
        if (text.empty()) break;
        many ? reflection->AddString(&message, field, text)
             : reflection->SetString(&message, field, text);
        break;
      }
      case FieldDescriptor::CPPTYPE_INT32: reflection->SetInt32(&message, field, 1); break;
      case FieldDescriptor::CPPTYPE_INT64:
        many ? reflection->AddInt64(&message, field, 1) : reflection->SetInt64(&message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_BOOL: reflection->SetBool(&message, field, true); break;
      case FieldDescriptor::CPPTYPE_ENUM:
        if (!many) reflection->SetEnumValue(&message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth > 4) break;
        FillSensibly(*(many ? reflection->AddMessage(&message, field)
                            : reflection->MutableMessage(&message, field)),
                     trading_id, depth + 1);
        break;
      default: break;
    }
  }
}

struct AnyAnswer {
  grpc::Status status;
  std::unique_ptr<Message> response;  // null when none came

  std::string reason() const { return GetErrorDetail(rpc::FromGrpc(status)).reason; }
  // The status as it came over the wire.
  std::string bytes() const {
    return std::to_string(status.error_code()) + "|" + status.error_message() + "|" +
           status.error_details();
  }
};

// Makes the call with one request; of a stream, takes the first response and leaves. `token` may be
// empty.
inline AnyAnswer Call(const std::shared_ptr<grpc::Channel>& channel, const MethodDescriptor* method,
                      const Message& request, const std::string& token,
                      absl::Duration timeout = absl::Seconds(10)) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  rpc::SetDeadline(context, timeout);
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  grpc::CompletionQueue queue;
  const auto wait = [&queue] {
    void* tag;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  auto call = stub.PrepareCall(&context,
                               "/" + method->service()->full_name() + "/" + method->name(), &queue);
  call->StartCall(nullptr);
  AnyAnswer answer;
  bool open = wait();
  if (open) {
    grpc::Slice slice(request.SerializeAsString());
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    wait();
    grpc::ByteBuffer buffer;
    call->Read(&buffer, nullptr);
    if (wait()) {
      std::vector<grpc::Slice> slices;
      std::string bytes;
      REQUIRE(buffer.Dump(&slices).ok());
      for (const grpc::Slice& part : slices) {
        bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
      }
      answer.response = NewMessage(method->output_type());
      REQUIRE(answer.response->ParseFromString(bytes));
      if (method->server_streaming()) context.TryCancel();
    }
  }
  call->Finish(&answer.status, nullptr);
  wait();
  if (method->server_streaming() && answer.response) answer.status = grpc::Status::OK;
  return answer;
}

}  // namespace tallystick::testing
