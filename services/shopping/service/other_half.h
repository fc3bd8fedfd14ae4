// Payment and delivery as the shop reconciles with them: platform/relay/recovery.h over the
// network.
#pragma once

#include "platform/transport/channel.h"
#include "services/shopping/workflow/reconciliation.h"

namespace tallystick::shopping {

OtherHalf OtherHalfAt(const rpc::Peer& peer);

}  // namespace tallystick::shopping
