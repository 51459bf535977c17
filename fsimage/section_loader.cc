#include "fsimage/section_loader.h"

#include <fmt/format.h>

#include "base/result.h"
#include "fsimage/image_scan.h"

namespace varve {

SectionLoader::SectionLoader(ImageReader& image) : image_(image) {
  for (const SectionEntry& section : image.toc().sections)
    sections_.push_back({.info = section.info(), .records = section.records, .chunks = section.chunks});
}

Task<Result<LoadedImage>> SectionLoader::run(Workers& workers) {
  CO_TRY(check_required());
  ImageScan scan(image_, workers);
  for (const SectionEntry& section : image_.toc().sections) {
    const auto consumer = consumers_.find(section.id);
    if (consumer != consumers_.end()) scan.add(section, &consumer->second);
  }
  CO_TRY(co_await scan.run());
  co_return LoadedImage{.point = image_.point(), .bytes = image_.file_bytes(), .digest = image_.trailer().whole};
}

Result<void> SectionLoader::check_required() const {
  for (const Section& section : sections_) {
    if (!section.info.required || consumers_.contains(section.info.id)) continue;
    const Error unknown(ErrorCode::kRefused,
                        fmt::format("section {} \"{}\" ({} records) is required, but this program does not know it; use the program that "
                                    "wrote the image, or a newer one",
                                    section.info.id, section.info.name, section.records));
    return fail(image_.named(unknown));
  }
  return ok();
}

}  // namespace varve
