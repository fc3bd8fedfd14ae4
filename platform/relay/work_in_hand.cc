#include "platform/relay/work_in_hand.h"

#include <algorithm>
#include <utility>

#include "platform/relay/bundle.h"

namespace tallystick {
namespace {

SteadyTime After(SteadyTime now, absl::Duration delay) {
  return now + absl::ToChronoNanoseconds(delay);
}

}  // namespace

void WorkInHand::HandOver(const std::vector<WorkItem>& items, SteadyTime since) {
  for (const WorkItem& item : items) {
    if (!IsHandedOver(item, options_.queue)) continue;
    Enqueue(item, After(since, item.delay), {since, After(since, item.delay + options_.lease)});
  }
}

void WorkInHand::Enqueue(WorkItem item, SteadyTime due, Lease lease) {
  if (pending_.size() >= options_.max_in_memory ||
      pending_bytes_ + item.payload.size() > options_.max_bytes_in_memory) {
    return;
  }
  lease.bundle = std::move(item.bundle);
  const Key key{item.trading_id, item.number};
  if (!leases_.try_emplace(key, std::move(lease)).second) return;
  pending_bytes_ += item.payload.size();
  pending_.emplace(due, std::move(item));
}

std::vector<WorkItem> WorkInHand::TakeDue(SteadyTime now, SteadyTime connected) {
  std::vector<WorkItem> batch;
  size_t bytes = 0;
  // What a handler begins, it ends within the lease.
  const SteadyTime leased = After(now, options_.lease / 2);
  while (!pending_.empty() && batch.size() < options_.max_batch && pending_.begin()->first <= now) {
    const size_t size = pending_.begin()->second.payload.size();
    const Key key{pending_.begin()->second.trading_id, pending_.begin()->second.number};
    const Lease lease = leases_.at(key);
    const bool take = lease.until >= leased && lease.since >= connected;
    if (take && !batch.empty() && bytes + size > options_.max_batch_bytes) break;
    WorkItem item = std::move(pending_.extract(pending_.begin()).mapped());
    pending_bytes_ -= size;
    if (!take) {
      leases_.erase(key);
      next_look_ = now;
      continue;
    }
    bytes += size;
    item.perhaps_begun = item.perhaps_begun || lease.lapsed;
    item.leased_until = lease.until;
    item.bundle = lease.bundle;
    batch.push_back(std::move(item));
  }
  // Messages of one trade go in the order of their numbers, also when a retry mixed them up.
  std::sort(batch.begin(), batch.end(), [](const WorkItem& a, const WorkItem& b) {
    return std::tie(a.trading_id, a.number) < std::tie(b.trading_id, b.number);
  });
  return batch;
}

SteadyTime WorkInHand::WakeTime(SteadyTime table_due) const {
  SteadyTime wake = std::max(next_look_, table_due);
  if (!pending_.empty()) wake = std::min(wake, pending_.begin()->first);
  return std::max(wake, paused_until_);
}

bool WorkInHand::IsToLook(SteadyTime now) {
  if (now < next_look_) return false;
  next_look_ = After(now, options_.poll_interval);
  return pending_.size() + options_.max_batch <= options_.max_in_memory;
}

void WorkInHand::Claimed(std::vector<WorkItem> items, SteadyTime since) {
  // There may be more.
  next_look_ = items.size() == options_.max_batch ? since : After(since, options_.poll_interval);
  const SteadyTime leased_until = After(since, options_.lease);
  for (WorkItem& item : items) {
    // What is in memory already was found because its lease had run out; in a row of its own.
    const auto known = leases_.find({item.trading_id, item.number});
    if (known != leases_.end()) {
      known->second = {since, leased_until, true};
    } else {
      Enqueue(std::move(item), since, {since, leased_until});
    }
  }
}

void WorkInHand::Settled(const std::vector<WorkItem>& batch, std::vector<WorkItem> again,
                         SteadyTime since, SteadyTime now) {
  for (WorkItem& item : again) {
    const auto lease = leases_.find({item.trading_id, item.number});
    if (lease == leases_.end()) continue;
    item.perhaps_begun = item.perhaps_begun || lease->second.lapsed || lease->second.until < now;
  }
  for (const WorkItem& item : batch) leases_.erase({item.trading_id, item.number});
  for (WorkItem& item : again) {
    if (item.bundle != nullptr && item.bundle->apart) item.bundle = nullptr;
    const absl::Duration delay = item.delay;
    Enqueue(std::move(item), After(since, delay), {since, After(since, delay + options_.lease)});
  }
}

absl::Duration WorkInHand::Pause(std::vector<WorkItem> rest, SteadyTime now, double chance) {
  const absl::Duration pause = BackoffDelay(options_.backoff, ++failures_in_a_row_, chance);
  paused_until_ = After(now, pause);
  for (WorkItem& item : rest) {
    const Key key{item.trading_id, item.number};
    const Lease lease = leases_.at(key);
    leases_.erase(key);
    Enqueue(std::move(item), now, {lease.since, lease.until});
  }
  return pause;
}

}  // namespace tallystick
