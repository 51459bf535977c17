// What the world outside knows of a writer process: for each numbered transaction whether it was submitted, acknowledged or refused. It
// lives in memory shared with the test, in a file outside the tested file system, so that neither a kill nor a power loss takes it back.
//
// Owns:      the mapping.
// Threads:   any, of any process; a number is written by one thread at a time.
// Invariant: a transaction is marked as submitted before it is handed to the engine, and as acknowledged before the test may see it
// counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "varve/error.h"

namespace varve {

class OutsideRecord {
 public:
  enum class Fate : std::uint8_t {
    kNotSubmitted,  // or drawn by a process that went no further
    kSubmitted,     // open, or open when the process died: it may be there or not
    kAcknowledged,
    kRefused,  // never there
    kLost,     // found missing by a later reign: never there
  };
  static constexpr std::uint64_t kNumbersMax = 8u << 20;

  static Result<std::unique_ptr<OutsideRecord>> open(const std::string& path);
  ~OutsideRecord();
  OutsideRecord(const OutsideRecord&) = delete;

  // Numbers run from 1.
  std::uint64_t last_submitted() const { return header().last_submitted.load(); }
  std::uint64_t acknowledged() const { return header().acknowledged.load(); }
  std::uint64_t starts() const { return header().starts.load(); }
  Fate fate(std::uint64_t number) const { return static_cast<Fate>(fates()[number].load()); }

  std::uint64_t submit();
  void acknowledge(std::uint64_t number);
  void refuse(std::uint64_t number) { fates()[number] = static_cast<std::uint8_t>(Fate::kRefused); }
  void lose(std::uint64_t number) { fates()[number] = static_cast<std::uint8_t>(Fate::kLost); }
  void started() { ++header().starts; }

 private:
  struct Header {
    std::atomic<std::uint64_t> last_submitted;
    std::atomic<std::uint64_t> acknowledged;
    std::atomic<std::uint64_t> starts;  // times that an engine was open
  };
  using Cell = std::atomic<std::uint8_t>;
  static constexpr std::size_t kBytes = 4096 + kNumbersMax;

  explicit OutsideRecord(void* memory) : memory_(memory) {}
  Header& header() const { return *static_cast<Header*>(memory_); }
  Cell* fates() const { return reinterpret_cast<Cell*>(static_cast<char*>(memory_) + 4096); }

  void* memory_;
};

}  // namespace varve
