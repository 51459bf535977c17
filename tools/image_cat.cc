#include "tools/image_cat.h"

#include <fmt/format.h>

#include "base/result.h"
#include "fsimage/chunk_records.h"
#include "tools/compiled_schema.h"
#include "tools/count_text.h"
#include "tools/image_view.h"
#include "tools/progress.h"
#include "tools/record_field.h"

namespace varve {

namespace {

// Prints the records of one image.
class ImagePrinter {
 public:
  ImagePrinter(Viewer& viewer, ImageReader& image) : viewer_(viewer), image_(image), progress_(viewer, image.path(), image.file_bytes()) {}

  Task<Result<void>> run();

 private:
  void load_schema();
  void begin_section(const SectionEntry& section);
  Result<void> print_chunk(std::size_t index, Bytes stored);
  void print_record(Bytes record);

  Viewer& viewer_;
  ImageReader& image_;
  Progress progress_;
  std::unique_ptr<CompiledSchema> schema_;
  std::string section_;
  bool opaque_ = false;
  std::optional<RecordPrinter> printer_;
  ChunkDecoder decoder_;
  ChunkRecords records_;
  std::uint64_t undecoded_ = 0;
};

void ImagePrinter::load_schema() {
  const std::string& compiled = image_.toc().schema.compiled;
  if (compiled.empty()) return;
  auto schema = CompiledSchema::load(as_bytes(compiled));
  if (schema) {
    schema_ = std::move(*schema);
  } else {
    viewer_.problem(schema.error().within(image_.path()));
  }
}

void ImagePrinter::begin_section(const SectionEntry& section) {
  section_ = section.info().name;
  opaque_ = section.record_type == 0;
  printer_.reset();
  if (!viewer_.options().json) viewer_.out().write(fmt::format("{}: {}\n", section_, count_text(section.records, "record")));
  if (opaque_ || schema_ == nullptr) return;
  const auto type = schema_->struct_type(section.record_type);
  if (type) {
    printer_.emplace(schema_.get(), *type, viewer_.options().secrets);
  } else {
    viewer_.problem(type.error().within(fmt::format("{}: section {}", image_.path(), section_)));
  }
}

Task<Result<void>> ImagePrinter::run() {
  load_schema();
  AlignedBuffer stored;
  const GiveWay at_full_speed;
  for (const SectionEntry& section : image_.toc().sections) {
    begin_section(section);
    for (std::size_t chunk = section.first_chunk; chunk < std::size_t{section.first_chunk} + section.chunks; ++chunk) {
      if (viewer_.done()) co_return ok();
      CO_ASSIGN_OR_RETURN(const std::size_t bytes, co_await image_.read_chunk(chunk, stored, at_full_speed));
      CO_TRY(print_chunk(chunk, std::as_const(stored).span(0, bytes)));
      progress_.reached(image_.toc().chunks[chunk].end_offset());
    }
  }
  if (undecoded_ > 0)
    viewer_.problem(fmt::format("{}: {} records do not fit the schema in the image; they are printed as bytes", image_.path(), undecoded_));
  co_return ok();
}

Result<void> ImagePrinter::print_chunk(std::size_t index, Bytes stored) {
  ASSIGN_OR_RETURN(const Bytes raw, image_.decode(index, stored, decoder_));
  if (!records_.assign(raw, decoder_.header().records))
    return fail(image_.named(Error(ErrorCode::kDamaged, fmt::format("the chunk at offset {} is not a sequence of {} records",
                                                                    image_.toc().chunks[index].offset, decoder_.header().records))));
  for (std::size_t i = 0; i < records_.count() && !viewer_.done(); ++i) print_record(records_.record(i));
  return ok();
}

void ImagePrinter::print_record(Bytes record) {
  const bool as_json = viewer_.options().json;
  JsonWriter json(viewer_.out());
  if (as_json) {
    json.begin_object();
    json.field("section", section_);
    json.key("record");
  } else {
    viewer_.out().write("  ");
  }
  if (!print_record_field(printer_ ? &*printer_ : nullptr, opaque_, viewer_.options().secrets, record, json)) ++undecoded_;
  if (as_json) json.end_object();
  json.end_line();
}

Task<Result<void>> cat(Viewer& viewer, std::string path) {
  CO_ASSIGN_OR_RETURN(FoundFiles found, co_await find_images(viewer.seams().disk, path));
  CO_TRY(keep_wanted(found, viewer.options()));
  CO_ASSIGN_OR_RETURN(auto image, co_await open_image(*found.directory, found.names.back()));
  ImagePrinter printer(viewer, *image);
  co_return co_await printer.run();
}

}  // namespace

Task<void> image_cat(Viewer& viewer) {
  for (const std::string& path : viewer.options().paths) {
    const Result<void> done = co_await cat(viewer, path);
    if (!done) viewer.problem(done.error());
  }
}

}  // namespace varve
