#include "editlog/segment_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "editlog/txid_limit.h"

namespace varve {
namespace {

// Every record of a segment is one sector that ends with the digest of all before it.
constexpr std::size_t kDigestedBytes = kSectorBytes - sizeof(Digest);

template <typename Record>
Digest digest_of_record(const Record& record) {
  return digest_of(bytes_of(record).first(kDigestedBytes));
}

Error damaged(std::string_view record, const std::string& path, std::string_view found) {
  return {ErrorCode::kDamaged,
          fmt::format("reading the {} of {}: {}; the file is damaged: put it back from a copy; varve log verify names all damage", record,
                      path, found)};
}

// What all the records have in common.
template <typename Record>
std::optional<Error> check_common(const Record& record, Uuid namespace_id, std::string_view name, const std::string& path) {
  if (record.magic != Record{}.magic) return damaged(name, path, "it does not begin with its magic number");
  if (record.self != record.compute_self())
    return damaged(name, path, fmt::format("its digest should be {}, but is {}", to_hex(record.self), to_hex(record.compute_self())));
  if (record.layout > kSegmentLayout)
    return Error(ErrorCode::kNewerLayout,
                 fmt::format("reading the {} of {}: layout {} is newer than {}, the newest known: use a newer Varve", name, path,
                             record.layout, kSegmentLayout));
  if (record.namespace_id != namespace_id)
    return Error(ErrorCode::kForeign,
                 fmt::format("reading the {} of {}: expected namespace {}, found {}: the file belongs to another journal", name, path,
                             to_hex(namespace_id), to_hex(record.namespace_id)));
  if (record.layout != kSegmentLayout || !all_zero(std::as_bytes(std::span(record.zeros))))
    return damaged(name, path, "its fields contradict each other");
  return std::nullopt;
}

}  // namespace

Digest SegmentHeader::compute_self() const {
  return digest_of_record(*this);
}
Digest PreallocationRecord::compute_self() const {
  return digest_of_record(*this);
}
Digest SegmentTrailer::compute_self() const {
  return digest_of_record(*this);
}

SegmentHeader make_segment_header(Uuid namespace_id, std::uint64_t lineage, TxId first, Digest previous) {
  SegmentHeader header;
  header.namespace_id = namespace_id;
  header.lineage = lineage;
  header.first_txid = first.value;
  header.previous = previous;
  header.self = header.compute_self();
  return header;
}

PreallocationRecord make_preallocation_record(Uuid namespace_id, std::uint64_t salt, std::uint64_t file_bytes) {
  PreallocationRecord record;
  record.namespace_id = namespace_id;
  record.salt = salt;
  record.file_bytes = file_bytes;
  record.self = record.compute_self();
  return record;
}

std::optional<Error> check_segment_header(const SegmentHeader& header, Uuid namespace_id, const std::string& path) {
  constexpr std::string_view kName = "segment header";
  if (auto error = check_common(header, namespace_id, kName, path)) return error;
  if (header.frames_offset != kFramesOffset || header.first_txid == 0 || header.first_txid > kTxidMax)
    return damaged(kName, path, "its fields contradict each other");
  return std::nullopt;
}

std::optional<Error> check_preallocation_record(const PreallocationRecord& record, Uuid namespace_id, const std::string& path) {
  constexpr std::string_view kName = "preallocation record";
  if (auto error = check_common(record, namespace_id, kName, path)) return error;
  if (record.reserved != 0 || record.file_bytes % kPageBytes != 0 || record.file_bytes <= kFramesOffset)
    return damaged(kName, path, "its fields contradict each other");
  return std::nullopt;
}

std::optional<Error> check_segment_trailer(const SegmentTrailer& trailer, const SegmentHeader& header, const std::string& path) {
  constexpr std::string_view kName = "trailer";
  if (auto error = check_common(trailer, header.namespace_id, kName, path)) return error;
  if (trailer.lineage != header.lineage || trailer.first_txid != header.first_txid)
    return damaged(kName, path,
                   fmt::format("expected lineage {} and first txid {} as in the header, found {} and {}", header.lineage, header.first_txid,
                               trailer.lineage, trailer.first_txid));
  const bool frames_fit = trailer.frames >= 1 && trailer.frames_end % kSectorBytes == 0 && trailer.frames_end > kFramesOffset &&
                          trailer.frames <= (trailer.frames_end - kFramesOffset) / kSectorBytes;
  const bool index_fits = trailer.index_entries >= 1 && trailer.index_entries <= trailer.frames &&
                          trailer.index_entries <= index_entries_max(trailer.frames_end);
  if (!frames_fit || !index_fits || trailer.last_txid < trailer.first_txid || trailer.last_txid > kTxidMax || trailer.last_epoch == 0)
    return damaged(kName, path, "its fields contradict each other");
  return std::nullopt;
}

std::uint64_t unwritten_word(Uuid namespace_id, std::uint64_t salt, std::uint64_t sector) {
  std::uint64_t word = namespace_id.low ^ (salt + 0x9e3779b97f4a7c15ull * (sector + 1));
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ull;
  word ^= namespace_id.high;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebull;
  word ^= word >> 31;
  return word | 1;  // odd: neither zero nor the beginning of any magic number here ('V' is even)
}

bool is_unwritten(Uuid namespace_id, std::uint64_t salt, std::uint64_t offset, Bytes sector) {
  CHECK(offset % kSectorBytes == 0 && sector.size() == kSectorBytes, offset, sector.size());
  const std::uint64_t word = unwritten_word(namespace_id, salt, offset / kSectorBytes);
  for (std::size_t i = 0; i < kSectorBytes; i += sizeof(word))
    if (load_as<std::uint64_t>(sector.subspan(i)) != word) return false;
  return true;
}

void fill_unwritten(Uuid namespace_id, std::uint64_t salt, std::uint64_t offset, MutableBytes sectors) {
  CHECK(offset % kSectorBytes == 0 && sectors.size() % kSectorBytes == 0, offset, sectors.size());
  for (std::size_t start = 0; start < sectors.size(); start += kSectorBytes) {
    const std::uint64_t word = unwritten_word(namespace_id, salt, (offset + start) / kSectorBytes);
    for (std::size_t i = 0; i < kSectorBytes; i += sizeof(word)) std::memcpy(sectors.data() + start + i, &word, sizeof(word));
  }
}

}  // namespace varve
