#include "fsimage/image_names.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(ImageNames, parse_what_they_give) {
  EXPECT_EQ(image_name(TxId{17}), "fsimage_0000000000000000017");
  EXPECT_EQ(parse_image_name(image_name(TxId{17})), TxId{17});
  EXPECT_EQ(parse_image_tmp_name(image_tmp_name(TxId{17})), TxId{17});
  EXPECT_EQ(image_damaged_name(TxId{17}, 1), "fsimage_0000000000000000017.damaged");
  EXPECT_EQ(image_damaged_name(TxId{17}, 3), "fsimage_0000000000000000017.damaged.3");
}

TEST(ImageNames, nothing_else_is_an_image) {
  for (const char* name : {"", "fsimage_", "fsimage_17", "fsimage_00000000000000000017", "fsimage_000000000000000001x",
                           "fsimage_-000000000000000017", "fsimage_+000000000000000017", "Fsimage_0000000000000000017",
                           "fsimage_0000000000000000017.tmp", "fsimage_0000000000000000017.damaged", "edits_00000000000000000017"}) {
    EXPECT_FALSE(parse_image_name(name)) << name;
  }
  EXPECT_FALSE(parse_image_tmp_name("fsimage_0000000000000000017"));
  EXPECT_FALSE(parse_image_tmp_name("edits_prepared.tmp"));
}

}  // namespace
}  // namespace varve
