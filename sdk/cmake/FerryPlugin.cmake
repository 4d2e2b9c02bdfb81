# ferry_add_plugin(NAME SOURCES file... [LIBRARIES target...])
#
# A plugin as ferry loads it: NAME.so without a "lib" prefix, everything hidden but the one exported symbol, and a link
# that fails on an undefined symbol rather than a load that does.
function(ferry_add_plugin name)
  cmake_parse_arguments(PLUGIN "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT PLUGIN_SOURCES OR PLUGIN_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "usage: ferry_add_plugin(NAME SOURCES file... [LIBRARIES target...])")
  endif()
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  add_library(${name} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${name} PRIVATE ferry::sdk ${PLUGIN_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  target_link_options(${name} PRIVATE -Wl,--version-script=${map})
  # A sanitized library leaves its runtime's symbols to the program that loads it.
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize" AND NOT FERRY_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()
endfunction()
