// What a server offers: tables of methods, each with its name, who may call it, and a handler that
// takes a request and gives a response. Everything before and after is the door's.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/admission/access.h"
#include "platform/calls/call.h"

namespace tallystick::rpc {

// The outgoing end of a call that answers with a stream.
class Stream {
 public:
  virtual ~Stream() = default;
  // One at a time: the next after OnWritten. RESOURCE_EXHAUSTED when the caller leaves too much
  // unread; then nothing is written.
  virtual absl::Status Write(const google::protobuf::Message& response) = 0;
  // Once, and nothing is written after it.
  virtual void Finish(const absl::Status& status) = 0;
};

// What a streaming call is about; lives until OnDone has returned.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  // The first event.
  virtual void OnBegin() = 0;
  // False: the caller has left.
  virtual void OnWritten(bool ok) = 0;
  virtual void OnCancel() = 0;
  // The last event.
  virtual void OnDone() = 0;
};

// One method. Request and response are of the types that its prototypes have.
struct Method {
  using Message = google::protobuf::Message;

  std::string name;
  Access access;
  const Message* request = nullptr;
  const Message* response = nullptr;
  // Asked when the headers have come: an error refuses the call before its message is read. May be
  // unset.
  std::function<absl::Status(const Patience&)> has_room;
  // Both messages and the call live until `done` was called. Must not block.
  std::function<void(Call&, const Message&, Message&, Done)> handle;
  // A response of more bytes is made smaller by `fit` before it is sent. May be unset.
  size_t most_bytes = std::numeric_limits<size_t>::max();
  std::function<void(Message&)> fit;
  // The call answers many requests one by one, and counts what became of each: Call::CountItem.
  bool has_items = false;
  // The call carries any number of messages, each of which is handled and answered by itself, one
  // after the other; when the caller ends its side, the call ends well.
  bool many = false;
  // Instead of `handle`, of a stream. `stream` lives until the source's OnDone.
  std::function<absl::StatusOr<std::shared_ptr<StreamSource>>(Call&, const Message&, Stream&)>
      watch;
};

// The methods of one service.
class ServiceTable {
 public:
  // `name` is the full one: tallystick.v1.PaymentService.
  explicit ServiceTable(std::string name) : name_(std::move(name)) {}

  // `handle(Call&, const Request&, Response&, Done)`.
  template <typename Request, typename Response, typename Handle>
  Method& Add(std::string name, Access access, Handle handle) {
    Method& method = AddMethod<Request, Response>(std::move(name), std::move(access));
    method.handle = [handle = std::move(handle)](Call& call, const Method::Message& request,
                                                 Method::Message& response, Done done) {
      handle(call, static_cast<const Request&>(request), static_cast<Response&>(response),
             std::move(done));
    };
    return method;
  }

  // `answer(Call&, const Request&, Response&) → absl::Status`, at once.
  template <typename Request, typename Response, typename Answer>
  Method& AddImmediate(std::string name, Access access, Answer answer) {
    return Add<Request, Response>(
        std::move(name), std::move(access),
        [answer = std::move(answer)](Call& call, const Request& request, Response& response,
                                     Done done) { done(answer(call, request, response)); });
  }

  // `watch(Call&, const Request&, Stream&) → StatusOr<shared_ptr<StreamSource>>`.
  template <typename Request, typename Response, typename Watch>
  Method& AddStream(std::string name, Access access, Watch watch) {
    Method& method = AddMethod<Request, Response>(std::move(name), std::move(access));
    method.watch = [watch = std::move(watch)](Call& call, const Method::Message& request,
                                              Stream& stream) {
      return watch(call, static_cast<const Request&>(request), stream);
    };
    return method;
  }

  const std::string& name() const { return name_; }
  const std::vector<Method>& methods() const { return methods_; }

 private:
  template <typename Request, typename Response>
  Method& AddMethod(std::string name, Access access) {
    Method& method = methods_.emplace_back();
    method.name = std::move(name);
    method.access = std::move(access);
    method.request = &Request::default_instance();
    method.response = &Response::default_instance();
    return method;
  }

  std::string name_;
  std::vector<Method> methods_;
};

}  // namespace tallystick::rpc
