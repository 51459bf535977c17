#include "tools/found_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/directory_survey.h"
#include "fsimage/image_names.h"

namespace varve {

namespace {

struct Kind {
  const char* what;
  const char* subdirectory;
  const char* file;
  bool (*is_home)(const std::vector<std::string>& names);
  std::vector<std::string> (*select)(const std::vector<std::string>& names);
};

bool is_journal(const std::vector<std::string>& names) {
  const DirectorySurvey found = survey(names);
  return found.version || found.slots || !found.segments.empty();
}

std::vector<std::string> select_segments(const std::vector<std::string>& names) {
  std::vector<std::string> selected;
  for (const SegmentName& segment : survey(names).segments) selected.push_back(file_name(segment));
  return selected;
}

std::vector<std::string> select_images(const std::vector<std::string>& names) {
  std::vector<std::string> selected;
  std::copy_if(names.begin(), names.end(), std::back_inserter(selected),
               [](const std::string& name) { return parse_image_name(name).has_value(); });
  return selected;  // 19 digits each: the order of names is that of txids
}

bool has_images(const std::vector<std::string>& names) {
  return !select_images(names).empty();
}

constexpr Kind kSegments = {"journal", "journal", "segment", is_journal, select_segments};
constexpr Kind kImages = {"images", "images", "image", has_images, select_images};

// Whatever else stands in a journal directory means something only there.
bool belongs_to_directory(const std::string& name) {
  return name == kVersionFile || name == kSlotsFile || name == kReserveFile || name == kPreparedFile;
}

struct SplitPath {
  std::string parent;
  std::string name;
};
SplitPath split(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

tl::unexpected<Error> nothing_in(const std::string& directory, const Kind& kind) {
  return fail(ErrorCode::kNotFound, fmt::format("{} holds no {}; name one {}, the directory of them, or the one that holds \"{}\"",
                                                directory, kind.what, kind.file, kind.subdirectory));
}

Task<Result<FoundFiles>> find_in(Disk& disk, kj::Own<Directory> directory, Kind kind) {
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await directory->list());
  if (kind.is_home(names)) co_return FoundFiles{kj::mv(directory), kind.select(names), true};
  if (!std::binary_search(names.begin(), names.end(), kind.subdirectory)) co_return nothing_in(directory->path(), kind);
  CO_ASSIGN_OR_RETURN(auto below, co_await disk.open_directory(directory->path() + "/" + kind.subdirectory));
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names_below, co_await below->list());
  if (kind.is_home(names_below)) co_return FoundFiles{kj::mv(below), kind.select(names_below), true};
  co_return nothing_in(below->path(), kind);
}

Task<Result<FoundFiles>> find(Disk& disk, std::string path, Kind kind) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  auto directory = co_await disk.open_directory(path);
  if (directory) co_return co_await find_in(disk, kj::mv(*directory), kind);
  const SplitPath place = split(path);
  if (directory.error().code() != ErrorCode::kNotFound || place.name.empty()) co_return fail(directory.error());
  auto parent = co_await disk.open_directory(place.parent);
  if (!parent) co_return fail(directory.error());
  if (belongs_to_directory(place.name))
    co_return fail(ErrorCode::kInvalidArgument,
                   fmt::format("{} is not a {}; it is checked with its directory: varve log verify {}", path, kind.file, place.parent));
  co_return FoundFiles{kj::mv(*parent), {place.name}, false};
}

}  // namespace

Task<Result<FoundFiles>> find_segments(Disk& disk, std::string path) {
  return find(disk, std::move(path), kSegments);
}
Task<Result<FoundFiles>> find_images(Disk& disk, std::string path) {
  return find(disk, std::move(path), kImages);
}

}  // namespace varve
