// What the records of each section are ordered by.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

namespace varve {

struct ApplicationKey {
  std::uint64_t cluster_timestamp = 0;
  std::uint64_t id = 0;

  friend bool operator<(const ApplicationKey& a, const ApplicationKey& b) {  // no branches: it is the inner loop of every look-up
    return (a.cluster_timestamp < b.cluster_timestamp) | ((a.cluster_timestamp == b.cluster_timestamp) & (a.id < b.id));
  }
};

struct AttemptKey {
  std::uint64_t cluster_timestamp = 0;
  std::uint32_t application_id = 0;
  std::uint32_t number = 0;

  ApplicationKey application() const { return {cluster_timestamp, application_id}; }

  friend bool operator<(const AttemptKey& a, const AttemptKey& b) {
    const std::uint64_t a_low = std::uint64_t{a.application_id} << 32 | a.number;
    const std::uint64_t b_low = std::uint64_t{b.application_id} << 32 | b.number;
    return (a.cluster_timestamp < b.cluster_timestamp) | ((a.cluster_timestamp == b.cluster_timestamp) & (a_low < b_low));
  }
};

using TokenKey = std::uint32_t;      // sequence number
using MasterKeyKey = std::uint32_t;  // key id

struct ReservationKey {
  std::string plan;
  std::uint64_t cluster_timestamp = 0;
  std::uint64_t id = 0;

  friend bool operator<(const ReservationKey& a, const ReservationKey& b) {
    return std::tie(a.plan, a.cluster_timestamp, a.id) < std::tie(b.plan, b.cluster_timestamp, b.id);
  }
};

}  // namespace varve
