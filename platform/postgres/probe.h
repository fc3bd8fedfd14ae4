// Whether the database answers and can be written to: asked again and again, on a connection of its
// own.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "platform/postgres/session.h"

namespace tallystick::postgres {

class Probe {
 public:
  // `tell` gets each answer, from the probe's own thread.
  Probe(const Database& database, std::function<void(bool answers)> tell);
  ~Probe();
  Probe(const Probe&) = delete;

 private:
  void Loop();

  Session session_;
  const std::function<void(bool)> tell_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tallystick::postgres
