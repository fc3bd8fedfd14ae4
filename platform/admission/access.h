// Who may make a call.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace tallystick::rpc {

struct Access {
  enum Kind {
    kAnybody,   // even without a token: whether a server is alive
    kCaller,    // whoever has a good token
    kOperator,  // the same, of the back office
    kPeer,      // one of `peers`, by the certificate of its connection
  };
  Kind kind = kCaller;
  std::vector<std::string> peers;
};

inline Access ForAnybody() { return {Access::kAnybody, {}}; }
inline Access ForCallers() { return {Access::kCaller, {}}; }
inline Access ForOperators() { return {Access::kOperator, {}}; }
inline Access ForPeers(std::initializer_list<std::string> peers) { return {Access::kPeer, peers}; }

}  // namespace tallystick::rpc
