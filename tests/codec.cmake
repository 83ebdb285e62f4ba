foreach(name codec_xml codec_json codec_csv log_entry)
  unit(${name} codec)
endforeach()
unit(codec_sql codec)
