#pragma once

namespace vcache {

/// `CUSTOM_COST_PER`: what the price of a vendor by configuration is for.
enum class CostUnit {
  kCall,
  kSecond,              ///< Of a video, each started; an image or a text is one.
  kThousandWords,       ///< Each started; a file is one.
  kThousandCharacters,  ///< Each started; a file is one.
};

}  // namespace vcache
