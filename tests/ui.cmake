foreach(name canvas theme glyph term_choice)
  unit(${name} ui)
endforeach()
