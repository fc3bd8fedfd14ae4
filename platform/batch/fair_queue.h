// A queue in which callers take turns, so that however much one of them asks, another's request
// waits for no more than one of each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace tallystick {

// Not thread-safe.
template <typename Item>
class FairQueue {
 public:
  void Push(const std::string& caller, Item item) {
    const auto [at, is_new] = by_caller_.try_emplace(caller);
    if (is_new) at->second = lanes_.insert(lanes_.end(), Lane{caller, {}});
    at->second->items.push_back(std::move(item));
    ++size_;
  }

  // The next in turn. Requires that there is one.
  Item Pop() {
    const auto lane = lanes_.begin();
    Item item = std::move(lane->items.front());
    lane->items.pop_front();
    --size_;
    if (lane->items.empty()) {
      by_caller_.erase(lane->caller);
      lanes_.erase(lane);
    } else {
      lanes_.splice(lanes_.end(), lanes_, lane);
    }
    return item;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // How many would be taken before another one of this caller.
  size_t Ahead(const std::string& caller) const {
    const auto own = by_caller_.find(caller);
    // One who has nothing here is the last of the next round.
    if (own == by_caller_.end()) return lanes_.size();
    const size_t turns = own->second->items.size();
    if (lanes_.size() == 1) return turns;
    size_t ahead = 0;
    for (const Lane& lane : lanes_) ahead += std::min(lane.items.size(), turns + 1);
    return ahead;
  }

  // The caller's item that has been here for longest; null when there is none.
  const Item* Oldest(const std::string& caller) const {
    const auto own = by_caller_.find(caller);
    return own == by_caller_.end() ? nullptr : &own->second->items.front();
  }

  // Takes out those that `leaves(Item&)` says, which may move from them.
  template <typename Leaves>
  void EraseIf(Leaves leaves) {
    for (auto lane = lanes_.begin(); lane != lanes_.end();) {
      size_ -= std::erase_if(lane->items, leaves);
      if (lane->items.empty()) {
        by_caller_.erase(lane->caller);
        lane = lanes_.erase(lane);
      } else {
        ++lane;
      }
    }
  }

 private:
  struct Lane {
    std::string caller;
    std::deque<Item> items;  // never empty
  };
  std::list<Lane> lanes_;  // in the order of their turns
  std::unordered_map<std::string, typename std::list<Lane>::iterator> by_caller_;
  size_t size_ = 0;
};

}  // namespace tallystick
