#include "tools/image_stat.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/result.h"
#include "base/uuid.h"
#include "tools/image_view.h"
#include "tools/json_writer.h"

namespace varve {

namespace {

struct SectionBytes {
  std::uint64_t stored = 0;
  std::uint64_t raw = 0;
};

SectionBytes bytes_of_section(const TableOfContents& toc, const SectionEntry& section) {
  SectionBytes sum;
  for (std::size_t i = section.first_chunk; i < std::size_t{section.first_chunk} + section.chunks; ++i) {
    sum.stored += toc.chunks[i].stored_bytes;
    sum.raw += toc.chunks[i].raw_bytes;
  }
  return sum;
}

void print_json(const ImageReader& image, TextSink& out) {
  JsonWriter json(out);
  const ImagePoint point = image.point();
  json.begin_object();
  json.field("file", image.path());
  json.field("txid", point.position.txid.value);
  json.field("epoch", point.position.epoch.value);
  json.field("bytes", image.file_bytes());
  json.field("namespace", to_hex(point.namespace_id));
  json.field("lineage", point.lineage);
  json.field("digest", to_hex(image.trailer().whole));
  json.field("schema_name", point.schema.name);
  json.field("schema_bytes", point.schema.compiled.size());
  json.key("sections");
  json.begin_array();
  for (const SectionEntry& section : image.toc().sections) {
    const SectionInfo info = section.info();
    const SectionBytes bytes = bytes_of_section(image.toc(), section);
    json.begin_object();
    json.field("id", info.id);
    json.field("name", info.name);
    json.field("record_type", fmt::format("{:#018x}", info.record_type));
    json.key("required");
    json.boolean(info.required);
    json.field("records", section.records);
    json.field("chunks", section.chunks);
    json.field("stored_bytes", bytes.stored);
    json.field("raw_bytes", bytes.raw);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.end_line();
}

void print_text(const ImageReader& image, TextSink& out) {
  const ImagePoint point = image.point();
  out.write(fmt::format("{}\n  txid {}, epoch {}, {} bytes, digest {}\n  namespace {}, lineage {}, schema \"{}\" of {} bytes\n",
                        image.path(), point.position.txid.value, point.position.epoch.value, image.file_bytes(),
                        to_hex(image.trailer().whole), to_hex(point.namespace_id), point.lineage, point.schema.name,
                        point.schema.compiled.size()));
  out.write(fmt::format("  {:<24} {:>5} {:>12} {:>8} {:>14} {:>14}\n", "SECTION", "ID", "RECORDS", "CHUNKS", "STORED BYTES", "RAW BYTES"));
  for (const SectionEntry& section : image.toc().sections) {
    const SectionBytes bytes = bytes_of_section(image.toc(), section);
    out.write(fmt::format("  {:<24} {:>5} {:>12} {:>8} {:>14} {:>14}\n", section.info().name, section.id, section.records, section.chunks,
                          bytes.stored, bytes.raw));
  }
}

Task<void> stat_one(Viewer& viewer, Directory& directory, std::string name) {
  auto image = co_await open_image(directory, name);
  if (!image) {
    viewer.problem(image.error());
  } else if (viewer.options().json) {
    print_json(**image, viewer.out());
  } else {
    print_text(**image, viewer.out());
  }
}

Task<Result<void>> stat(Viewer& viewer, std::string path) {
  CO_ASSIGN_OR_RETURN(FoundFiles found, co_await find_images(viewer.seams().disk, path));
  CO_TRY(keep_wanted(found, viewer.options()));
  for (const std::string& name : found.names) co_await stat_one(viewer, *found.directory, name);
  co_return ok();
}

}  // namespace

Task<void> image_stat(Viewer& viewer) {
  for (const std::string& path : viewer.options().paths) {
    const Result<void> done = co_await stat(viewer, path);
    if (!done) viewer.problem(done.error());
  }
}

}  // namespace varve
