// Loads an image whose table of contents is verified: what the state machine declares its consumers to.
// Threads: the event loop's; consumers run on the workers.
// Errors:  kRefused when nobody takes a required section.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/task.h"
#include "base/workers.h"
#include "fsimage/image_directory.h"
#include "fsimage/image_reader.h"
#include "varve/image.h"

namespace varve {

class SectionLoader final : public ImageSource {
 public:
  explicit SectionLoader(ImageReader& image);

  TxId txid() const override { return TxId{image_.header().txid}; }
  const std::vector<Section>& sections() const override { return sections_; }
  void consume(std::uint32_t section_id, ChunkConsumer consumer) override { consumers_[section_id] = std::move(consumer); }

  // Gives the records to the consumers declared. The sections that nobody takes are not read.
  Task<Result<LoadedImage>> run(Workers& workers);

 private:
  Result<void> check_required() const;

  ImageReader& image_;
  std::vector<Section> sections_;
  std::map<std::uint32_t, ChunkConsumer> consumers_;
};

}  // namespace varve
