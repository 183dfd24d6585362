#include "core/raft/durability.h"

#include <algorithm>

#include "core/base/check.h"

namespace jfs::raft {

PersistToken Durability::Issue(Micros now, bool hard_state, LogIndex first, Position last) {
  ++issued_;
  if (hard_state) hard_state_ = issued_;
  orders_.push_back(
      {.token = issued_, .first = first, .last = last, .vouches = last.index, .issued_at = now});
  return issued_;
}

void Durability::Truncated(LogIndex index) {
  durable_index_ = std::min(durable_index_, index - 1);
  for (Order& order : orders_) order.vouches = std::min(order.vouches, index - 1);
}

void Durability::CoveredThrough(LogIndex index) {
  durable_index_ = std::max(durable_index_, index);
}

void Durability::Reset(LogIndex index) {
  durable_index_ = index;
  for (Order& order : orders_) order.vouches = std::min(order.vouches, index);
}

void Durability::Completed(PersistToken token, Position last) {
  CHECK_GT(token, completed_) << "an order of the log completed twice or out of order";
  CHECK_LE(token, issued_) << "the log completed an order that was never issued";
  while (!orders_.empty() && orders_.front().token <= token) {
    const Order& order = orders_.front();
    if (order.token == token) {
      CHECK_EQ(order.last.index, last.index) << "order " << token;
      CHECK_EQ(order.last.term, last.term) << "order " << token;
    }
    durable_index_ = std::max(durable_index_, order.vouches);
    orders_.pop_front();
  }
  completed_ = token;
}

PersistToken Durability::TokenFor(LogIndex index) const {
  PersistToken token = hard_state_;
  for (const Order& order : orders_) {
    if (order.first != LogIndex{} && order.first <= index) token = std::max(token, order.token);
  }
  return token > completed_ ? token : PersistToken{};
}

std::optional<Micros> Durability::oldest() const {
  if (orders_.empty()) return std::nullopt;
  return orders_.front().issued_at;
}

}  // namespace jfs::raft
