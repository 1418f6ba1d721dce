#pragma once

namespace vcache {

/// `CUSTOM_COST_PER`: the unit that the configured vendor's price is for.
enum class CostUnit {
  kCall,
  kSecond,              ///< Each started second of a video; an image or a text is one.
  kThousandWords,       ///< Each started; a file is one.
  kThousandCharacters,  ///< Each started; a file is one.
};

}  // namespace vcache
