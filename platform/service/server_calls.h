// What whoever runs a server asks it about itself: the service ServerOperations, the same of all
// three.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/calls/ask.h"
#include "platform/service/readiness.h"
#include "platform/service/survey.h"

namespace tallystick::rpc {

// What there is to tell.
struct Inspection {
  std::string service;
  std::shared_ptr<const Readiness> readiness;
  std::vector<NamedCertificate> certificates;
  std::shared_ptr<WorkCounter> work;  // asked by the tasks' thread alone
};

ServiceTable ServerCalls(TaskDesk& tasks, Inspection inspection);

}  // namespace tallystick::rpc
