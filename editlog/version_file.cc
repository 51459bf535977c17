#include "editlog/version_file.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/digest.h"
#include "base/result.h"
#include "base/uuid.h"
#include "editlog/segment_names.h"

namespace varve {
namespace {

constexpr std::string_view kMagicLine = "varve journal\n";
constexpr std::string_view kDigestKey = "digest ";
constexpr std::string_view kLayoutKey = "layout ";
constexpr std::size_t kVersionBytesMax = 4096;

std::string digest_line(std::string_view above) {
  return fmt::format("{}{}\n", kDigestKey, to_hex(digest_of(as_bytes(above))));
}

// Takes "<key><value>\n" off the front of `text`.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view key) {
  const std::size_t end = text.find('\n');
  if (!text.starts_with(key) || end == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(key.size(), end - key.size());
  text.remove_prefix(end + 1);
  return value;
}

template <typename Integer>
std::optional<Integer> parse_decimal(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<VersionFile> parse_fields(std::string_view text) {
  if (!take_line(text, kMagicLine.substr(0, kMagicLine.size() - 1))) return std::nullopt;
  const auto layout = parse_decimal<std::uint32_t>(take_line(text, kLayoutKey).value_or(""));
  const auto namespace_id = uuid_from_hex(take_line(text, "namespace ").value_or(""));
  const auto disk_id = uuid_from_hex(take_line(text, "disk ").value_or(""));
  const auto lineage = parse_decimal<std::uint64_t>(take_line(text, "lineage ").value_or(""));
  if (!layout || !namespace_id || !disk_id || !lineage) return std::nullopt;
  return VersionFile{*layout, *namespace_id, *disk_id, *lineage};
}

}  // namespace

std::string encode_version(const VersionFile& version) {
  std::string text = fmt::format("{}{}{}\nnamespace {}\ndisk {}\nlineage {}\n", kMagicLine, kLayoutKey, version.layout,
                                 to_hex(version.namespace_id), to_hex(version.disk_id), version.lineage);
  text += digest_line(text);
  return text;
}

Result<VersionFile> decode_version(std::string_view text, const std::string& path) {
  const auto failed = [&](ErrorCode code, std::string_view why) { return fail(code, fmt::format("reading {}: {}", path, why)); };
  if (!text.starts_with(kMagicLine)) {
    return failed(text.empty() || kMagicLine.starts_with(text) ? ErrorCode::kDamaged : ErrorCode::kForeign,
                  fmt::format("expected its first line to be '{}', found something else: damaged, or not a Varve journal",
                              kMagicLine.substr(0, kMagicLine.size() - 1)));
  }
  // The last line is the digest of all above it in every layout.
  const std::size_t last_line = text.size() < 2 ? std::string_view::npos : text.rfind('\n', text.size() - 2);
  if (last_line == std::string_view::npos || text.substr(last_line + 1) != digest_line(text.substr(0, last_line + 1)))
    return failed(ErrorCode::kDamaged, "the digest in its last line does not hold: the file is damaged");
  std::string_view rest = text.substr(kMagicLine.size());
  const auto layout = parse_decimal<std::uint32_t>(take_line(rest, kLayoutKey).value_or(""));
  if (layout && *layout > kJournalLayout)
    return failed(ErrorCode::kNewerLayout,
                  fmt::format("layout {} is newer than {}, the newest known: use a newer Varve", *layout, kJournalLayout));
  const auto version = parse_fields(text);
  if (!version || version->layout != kJournalLayout || encode_version(*version) != text)
    return failed(ErrorCode::kDamaged, "its lines are not those of layout 1: the file is damaged");
  return *version;
}

Task<Result<VersionFile>> read_version(Directory& directory) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory.open(std::string(kVersionFile), OpenMode{}));
  std::string text(kVersionBytesMax, '\0');
  Result<std::size_t> read = co_await file->read(0, std::as_writable_bytes(std::span(text)));
  if (!read) co_return fail(std::move(read.error()));
  text.resize(*read);
  co_return decode_version(text, file->path());
}

Task<Result<void>> write_version(Directory& directory, VersionFile version) {
  const std::string temporary = fmt::format("{}{}", kVersionFile, kTemporarySuffix);
  const Result<void> removed = co_await directory.remove(temporary);
  if (!removed && removed.error().code() != ErrorCode::kNotFound) co_return removed;
  const std::string text = encode_version(version);
  {
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory.create(temporary));
    std::vector<Bytes> pieces{as_bytes(text)};
    CO_TRY(co_await file->write(0, std::move(pieces)));
    CO_TRY(co_await file->sync());
  }
  CO_TRY(co_await directory.rename(temporary, std::string(kVersionFile)));
  co_return co_await directory.sync();
}

}  // namespace varve
