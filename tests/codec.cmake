foreach(name codec_xml codec_json codec_csv)
  unit(${name} codec)
endforeach()
unit(codec_sql codec)
