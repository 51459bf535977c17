#include "base/sim/sim_inode.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sim/sim_random.h"

namespace varve {

void SimInode::add_size(std::uint64_t size, Kind kind, std::uint64_t& number) {
  const bool in_doubt = std::ranges::any_of(units_, [](const Unit& unit) { return unit.in_doubt && unit.kind != Kind::kData; });
  if (size == seen_.size() && !in_doubt) return;
  seen_.resize(size);
  Unit unit;
  unit.number = number++;
  unit.kind = kind;
  unit.size = size;
  units_.push_back(std::move(unit));
}

void SimInode::write(std::uint64_t offset, const std::vector<Bytes>& pieces, std::uint64_t& number) {
  std::uint64_t end = offset;
  for (Bytes piece : pieces) end += piece.size();
  if (end == offset) return;
  if (end > seen_.size()) add_size(end, Kind::kSizeByWrite, number);
  std::uint64_t at = offset;
  for (Bytes piece : pieces) {
    seen_.write(at, piece);
    at += piece.size();
  }
  Unit unit;
  unit.number = number++;
  unit.first_sector = offset / kSectorBytes;
  auto image = std::make_shared<std::vector<std::byte>>(round_up(end, kSectorBytes) - round_down(offset, kSectorBytes));
  seen_.read(unit.first_sector * kSectorBytes, *image);
  unit.image = std::move(image);
  units_.push_back(std::move(unit));
}

void SimInode::truncate(std::uint64_t size, std::uint64_t& number) {
  add_size(size, Kind::kSize, number);
}

void SimInode::preallocate(std::uint64_t size, std::uint64_t& number) {
  if (size > seen_.size()) add_size(size, Kind::kSize, number);
}

void SimInode::supersede(std::uint64_t first_sector, std::uint64_t end_sector, std::uint64_t below_number) {
  for (Unit& unit : units_) {
    if (unit.number >= below_number) break;
    if (unit.kind != Kind::kData) continue;
    std::uint64_t from = std::max(first_sector, unit.first_sector);
    std::uint64_t to = std::min(end_sector, unit.first_sector + unit.sectors());
    if (from >= to) continue;
    unit.superseded.resize(unit.sectors());
    for (std::uint64_t sector = from; sector < to; ++sector) unit.superseded[sector - unit.first_sector] = true;
  }
}

void SimInode::apply_data(const Unit& unit, const UnitFate& fate, PagedBytes& content) {
  for (std::uint32_t begin = 0; begin < unit.sectors();) {
    auto survives = [&](std::uint32_t sector) { return fate.survives(sector) && (unit.superseded.empty() || !unit.superseded[sector]); };
    std::uint32_t end = begin;
    while (end < unit.sectors() && survives(end)) ++end;
    if (end > begin) {
      Bytes run = Bytes(*unit.image).subspan(begin * kSectorBytes, (end - begin) * kSectorBytes);
      content.write((unit.first_sector + begin) * kSectorBytes, run);
    }
    begin = end + 1;
  }
}

// Precondition: `unit` is not among units_ any more, or is about to leave them.
void SimInode::make_durable(const Unit& unit) {
  if (unit.kind == Kind::kData) {
    apply_data(unit, UnitFate::kept(), durable_);
    supersede(unit.first_sector, unit.first_sector + unit.sectors(), unit.number);
    return;
  }
  durable_size_number_ = unit.number;
  bool shrinks = unit.size < durable_.size();
  durable_.resize(unit.size);
  if (shrinks) supersede(unit.size / kSectorBytes, ~std::uint64_t{0}, unit.number);
}

void SimInode::sync(std::uint64_t upto) {
  for (const Unit& unit : units_)
    if (unit.number < upto && !unit.in_doubt) make_durable(unit);
  std::erase_if(units_, [&](const Unit& unit) { return unit.number < upto && !unit.in_doubt; });
}

void SimInode::sync_only(std::uint64_t from, std::uint64_t upto) {
  std::uint64_t needed_size = 0;
  for (const Unit& unit : units_)
    if (unit.number >= from && unit.number < upto && unit.kind == Kind::kData)
      needed_size = std::max(needed_size, std::min((unit.first_sector + unit.sectors()) * kSectorBytes, seen_.size()));
  bool size_too = needed_size > durable_.size();
  auto chosen = [&](const Unit& unit) {
    if (unit.kind == Kind::kData) return unit.number >= from && unit.number < upto;
    return size_too && unit.number < upto;
  };
  for (const Unit& unit : units_)
    if (chosen(unit)) make_durable(unit);
  std::erase_if(units_, chosen);
}

void SimInode::fail_sync(std::uint64_t upto) {
  for (Unit& unit : units_)
    if (unit.number < upto) unit.in_doubt = true;
}

void SimInode::collect_units(std::map<std::uint64_t, UnsyncedUnit>& units) const {
  for (const Unit& unit : units_) {
    UnsyncedUnit described;
    if (unit.kind == Kind::kData) {
      described.sectors = unit.sectors();
      described.what = fmt::format("{} sectors at offset {} of {}", unit.sectors(), unit.first_sector * kSectorBytes, label_);
    } else {
      described.what = fmt::format("size {} of {}", unit.size, label_);
    }
    units.emplace(unit.number, std::move(described));
  }
}

void SimInode::fill_with_garbage(PagedBytes& content, std::uint64_t from, std::uint64_t seed) {
  SimRandom random(seed + from);
  for (std::uint64_t at = from; at < content.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = random.next();
    content.write(at, bytes_of(word));
  }
}

void SimInode::crash(const UnitFates& fates, std::optional<std::uint64_t> garbage_seed) {
  for (const Unit& unit : units_) {
    const UnitFate& fate = fates.at(unit.number);
    if (unit.kind == Kind::kData) {
      apply_data(unit, fate, durable_);
    } else if (fate.survives() && unit.number > durable_size_number_) {
      std::uint64_t before = durable_.size();
      durable_.resize(unit.size);
      if (unit.kind == Kind::kSizeByWrite && garbage_seed) fill_with_garbage(durable_, before, *garbage_seed + unit.number);
    }
  }
  units_.clear();
  seen_ = durable_;
}

void SimInode::settle() {
  durable_ = seen_;
  units_.clear();
}

}  // namespace varve
