#include "ha/image_check.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "editlog/log_identity.h"
#include "fsimage/image_names.h"
#include "fsimage/image_reader.h"

namespace varve {
namespace {

struct JournalNamespace {
  bool known = false;                // false: the journal's own open has something to say
  std::optional<Uuid> namespace_id;  // none: there is no journal yet
};

bool is_unformatted(RecoveryRow row) {
  return row == RecoveryRow::kDirectoryNeverFormatted || row == RecoveryRow::kDirectoryFormatUnfinished;
}

Task<JournalNamespace> namespace_of(Disk& disk, std::string path) {
  auto directory = co_await disk.open_directory(path);
  if (!directory) co_return JournalNamespace{directory.error().code() == ErrorCode::kNotFound, std::nullopt};
  const auto names = co_await (*directory)->list();
  if (!names) co_return JournalNamespace{};
  const auto identity = co_await identify_log(**directory, survey(*names), std::nullopt);
  if (!identity) co_return JournalNamespace{};
  if (is_unformatted(identity->row)) co_return JournalNamespace{true, std::nullopt};
  if (identity->slots.get() == nullptr) co_return JournalNamespace{};
  co_return JournalNamespace{true, identity->slots->state().namespace_id};
}

Result<void> check_namespace(Uuid found, const JournalNamespace& journal, const std::string& path) {
  if (!journal.known || journal.namespace_id == found) return ok();
  const std::string expected = journal.namespace_id ? fmt::format("expected {}", to_hex(*journal.namespace_id)) : "there is no journal yet";
  return fail(ErrorCode::kForeign,
              fmt::format("image {} belongs to namespace {}, {}; move it away, or use its own journal", path, to_hex(found), expected));
}

std::vector<std::string> images_in(const std::vector<std::string>& names) {
  std::vector<std::string> images;
  for (const std::string& name : names) {
    if (parse_image_name(name)) images.push_back(name);
  }
  return images;  // 19 digits each: oldest first
}

}  // namespace

Task<Result<void>> check_images(Disk& disk, std::string journal_path, std::string image_path) {
  auto directory = co_await disk.open_directory(image_path);
  if (!directory && directory.error().code() == ErrorCode::kNotFound) co_return ok();
  if (!directory) co_return fail(directory.error());
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await (*directory)->list());
  const std::vector<std::string> images = images_in(names);
  if (images.empty()) co_return ok();
  const JournalNamespace journal = co_await namespace_of(disk, journal_path);
  for (const std::string& name : images) {
    auto file = co_await (*directory)->open(name, OpenMode{});
    if (!file) continue;
    File& image = **file;
    const auto header = co_await read_image_header(image);
    if (header) CO_TRY(check_namespace(header->namespace_id, journal, image.path()));
    const bool newer = !header && header.error().code() == ErrorCode::kNewerLayout;
    if (newer && name == images.back()) co_return fail(header.error());
  }
  co_return ok();
}

}  // namespace varve
