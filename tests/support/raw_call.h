// Calls whose requests are bytes, whatever they mean: many at once, over gRPC's own client.
#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/error/error.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "tests/support/catch.h"

namespace tallystick::testing {

// Begins with the construction.
class RawCalls {
 public:
  // `tokens`: each call has one `authorization` for each.
  void Begin(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
             const std::string& request, const std::vector<std::string>& tokens) {
    One& one = *calls_.emplace_back(std::make_unique<One>(channel));
    rpc::SetDeadline(one.context, absl::Seconds(60));
    for (const std::string& token : tokens) {
      one.context.AddMetadata("authorization", "Bearer " + token);
    }
    // The bytes are shared, not copied.
    const grpc::Slice slice(request.data(), request.size(), grpc::Slice::STATIC_SLICE);
    one.reader =
        one.stub.PrepareUnaryCall(&one.context, path, grpc::ByteBuffer(&slice, 1), &queue_);
    one.reader->StartCall();
    one.reader->Finish(&one.response, &one.status, &one);
  }

  // Waits for all of them and counts their reasons, or their codes where they have none.
  std::map<std::string, int> End() {
    std::map<std::string, int> reasons;
    for (size_t i = 0; i < calls_.size(); ++i) {
      void* tag;
      bool ok;
      REQUIRE(queue_.Next(&tag, &ok));
      const grpc::Status& status = static_cast<One*>(tag)->status;
      const std::string reason = GetErrorDetail(rpc::FromGrpc(status)).reason;
      ++reasons[reason.empty()
                    ? absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()))
                    : reason];
    }
    calls_.clear();
    return reasons;
  }

 private:
  struct One {
    explicit One(const std::shared_ptr<grpc::Channel>& channel) : stub(channel) {}
    grpc::GenericStub stub;
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    grpc::Status status;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  };
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<One>> calls_;
};

}  // namespace tallystick::testing
