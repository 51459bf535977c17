#include "tools/image_verify.h"

#include <fmt/format.h>

#include "base/result.h"
#include "fsimage/image_verifier.h"
#include "tools/count_text.h"
#include "tools/image_view.h"
#include "tools/json_writer.h"

namespace varve {

namespace {

struct Summary {
  std::uint64_t images = 0;
  std::uint64_t bytes = 0;  // of good ones
  std::uint64_t damaged = 0;
};

void report(Viewer& viewer, const std::string& path, const Result<std::uint64_t>& bytes) {
  if (!viewer.options().json) {
    if (bytes) viewer.out().write(fmt::format("{}: good, {} bytes\n", path, *bytes));
    return;
  }
  JsonWriter json(viewer.out());
  json.begin_object();
  json.field("file", path);
  json.key("good");
  json.boolean(bytes.has_value());
  if (bytes) {
    json.field("bytes", *bytes);
  } else {
    json.field("found", bytes.error().text());
  }
  json.end_object();
  json.end_line();
}

Task<Result<std::uint64_t>> verify_one(Viewer& viewer, Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(auto image, co_await open_image(directory, name));
  viewer.progress(fmt::format("{}: verifying {} MiB", image->path(), image->file_bytes() >> 20));
  CO_TRY(co_await verify_image(*image, viewer.seams().workers));
  viewer.progress("");
  co_return image->file_bytes();
}

Task<void> verify_found(Viewer& viewer, FoundFiles& found, Summary& summary) {
  for (const std::string& name : found.names) {
    const auto bytes = co_await verify_one(viewer, *found.directory, name);
    ++summary.images;
    if (bytes) {
      summary.bytes += *bytes;
    } else {
      ++summary.damaged;
      viewer.problem(bytes.error());
    }
    report(viewer, found.directory->path() + "/" + name, bytes);
  }
}

Task<Result<void>> verify(Viewer& viewer, std::string path, Summary& summary) {
  CO_ASSIGN_OR_RETURN(FoundFiles found, co_await find_images(viewer.seams().disk, path));
  CO_TRY(keep_wanted(found, viewer.options()));
  co_await verify_found(viewer, found, summary);
  co_return ok();
}

void print(Viewer& viewer, const Summary& summary) {
  if (!viewer.options().json) {
    viewer.out().write(
        fmt::format("{}, {} good, {} damaged\n", count_text(summary.images, "image"), count_text(summary.bytes, "byte"), summary.damaged));
    return;
  }
  JsonWriter json(viewer.out());
  json.begin_object();
  json.field("images", summary.images);
  json.field("bytes", summary.bytes);
  json.field("damaged", summary.damaged);
  json.end_object();
  json.end_line();
}

}  // namespace

Task<void> image_verify(Viewer& viewer) {
  Summary summary;
  for (const std::string& path : viewer.options().paths) {
    const Result<void> done = co_await verify(viewer, path, summary);
    if (!done) viewer.problem(done.error());
  }
  print(viewer, summary);
}

}  // namespace varve
