// One file of the simulated disk: what is durable, what is seen, and the units between the two.
//
// A write is a unit of whole sectors, each as it stood after the write; one that makes the file longer is preceded by a unit for the
// size, because file systems keep the two apart.
// Invariant: durable plus all units in order = seen.
#pragma once

#include <memory>
#include <vector>

#include "base/sim/paged_bytes.h"
#include "base/sim/sim_crash.h"

namespace varve {

class SimInode {
 public:
  explicit SimInode(std::string label) : label_(std::move(label)) {}

  const PagedBytes& seen() const { return seen_; }
  std::uint64_t reserved_bytes() const { return round_up(seen_.size(), kPageBytes); }

  // `number` gives the next unit's number, over the whole disk, and is moved on.
  void write(std::uint64_t offset, const std::vector<Bytes>& pieces, std::uint64_t& number);
  void truncate(std::uint64_t size, std::uint64_t& number);
  void preallocate(std::uint64_t size, std::uint64_t& number);

  // Makes all units below `upto` durable, but for those in doubt.
  void sync(std::uint64_t upto);
  // Makes the data units from `from` to below `upto` durable, and as much of the size as they need.
  void sync_only(std::uint64_t from, std::uint64_t upto);
  // A sync of the units below `upto` that failed: the kernel forgets that they were not written; no later sync makes them durable.
  void fail_sync(std::uint64_t upto);

  // Adds what a crash may lose, by number.
  void collect_units(std::map<std::uint64_t, UnsyncedUnit>& units) const;
  void crash(const UnitFates& fates, std::optional<std::uint64_t> garbage_seed);
  // Everything seen is durable.
  void settle();

 private:
  enum class Kind : std::uint8_t { kData, kSizeByWrite, kSize };
  struct Unit {
    std::uint64_t number = 0;
    Kind kind = Kind::kData;
    bool in_doubt = false;
    std::uint64_t size = 0;          // of the file, for the kinds of size
    std::uint64_t first_sector = 0;  // for kData
    std::shared_ptr<const std::vector<std::byte>> image;
    std::vector<bool> superseded;  // sectors that a later, durable unit has written; empty: none

    std::uint32_t sectors() const { return static_cast<std::uint32_t>(image->size() / kSectorBytes); }
  };

  void add_size(std::uint64_t size, Kind kind, std::uint64_t& number);
  void make_durable(const Unit& unit);
  void supersede(std::uint64_t first_sector, std::uint64_t end_sector, std::uint64_t below_number);
  static void apply_data(const Unit& unit, const UnitFate& fate, PagedBytes& content);
  static void fill_with_garbage(PagedBytes& content, std::uint64_t from, std::uint64_t seed);

  std::string label_;  // the path at its creation
  PagedBytes durable_;
  PagedBytes seen_;
  std::vector<Unit> units_;
  std::uint64_t durable_size_number_ = 0;  // of the last unit that made a size durable: it settles what was doubtful about it before
};

}  // namespace varve
